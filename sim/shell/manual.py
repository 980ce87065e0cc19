"""What `incident help SUBCOMMAND` teaches besides usage and summary: enough to play by.

Words only; what the subcommands do stands with them.
"""

from __future__ import annotations

from collections.abc import Mapping

MANUAL: Mapping[str, str] = {
    "status": """\
Time of the incident (UTC), the page, whether you took it, the error rate now,
and how many requests users have lost so far. Plain `incident` is the same.
""",
    "ack": """\
Says that somebody is on it. How long it took is told in the debrief, and no
point depends on it.
""",
    "alerts": """\
Alerts that fire now, with since when and for how long, then the history.
""",
    "dashboard": """\
Charts: errors, requests, failures, orders, latency, ready, restarts,
connections; without a name, the usual four. A column is a minute, the last one
the last scrape. --by splits a chart: node, zone, version, pod, route, client
(not every chart by each).

  incident dashboard errors --by node
  incident dashboard ready restarts
""",
    "changes": """\
What was changed lately, newest first, by anybody. An ID opens one with its
diff.

  incident changes
  incident changes chg-2061
""",
    "people": """\
Who can be asked, what they know, and who would have to be woken for it.
`incident update --to WHO` writes to one of them.
""",
    "update": """\
Writes in the incident channel. An update says four things: impact, scope,
action, and when the next one comes; as options, or as labels in the text. The
answer says what was read and what is missing. The first is due within 5 minutes
of the page, then one every 15 minutes while users are failing.

  incident update "Impact: 12 % of payments fail since 02:41. Scope: not known
    yet. Action: looking at the newest release. Next update 03:00"
  incident update --impact "none any more" --scope "one node, out of service" \\
    --action "looking for the cause" --next "in 15 minutes"

--next takes a time of day (UTC) or a span. --to WHO, or @who in the text, asks
one person, who answers after a while; asking somebody who sleeps wakes them.
--template prints four lines to fill in.
""",
    "think": """\
Keeps a thought for the debrief, which puts it beside the expert's. Nobody in
the incident reads it, and no point depends on it.

  incident think "only pods on one node fail, so not the release"
""",
    "bet": """\
Says what a dashboard will show, and how sure you are. METRIC is a chart, the
sign < or >, TIME at most an hour. The figure is read when the time has come;
with --by every line of the split has to hold. Told in the debrief, with how
often you were right when you were so sure; no point depends on it. What only
says that a figure stays as it was for the whole last hour is left out there.

  incident bet "errors < 1% in 2m" --sure 80
  incident bet "ready > 3 in 90s" --sure 60
""",
    "rank": """\
At a decision point of practice mode time stands still. Rank its options, the
best first, by letter; the expert's ranking and reasons follow.

  incident rank B A C
""",
    "note": """\
Writes a line in the incident's timeline, for whoever reads it later.
""",
    "runbook": """\
Without an ID, the list: runbooks, past incidents, the service map, source code.

  incident runbook
  incident runbook nodes
""",
    "silence": """\
Silences an alert for a while (default 30m). The alert's whole name, in quotes;
`incident alerts` lists them.

  incident silence "payment-service 5xx rate > 5% for 3 minutes" --for 20m
""",
    "ticket": """\
Files a follow-up for the day shift: where it came from, what would remedy it,
who owns that. `incident choices origin`, `fix`, `owner` list the ids.

  incident ticket --origin ID --fix ID --owner ID "what was seen, and when"
""",
    "remind": """\
WHEN: tomorrow, next-week, a time of day (UTC, its next turn), a span, or an
RFC 3339 instant. One that is due tonight comes up in the channel.

  incident remind tomorrow "has the limit been raised?"
  incident remind tomorrow 09:00 "standup: tell platform"
  incident remind in 10m "error rate still fine?"
  incident remind 03:05 "undo the cordon?"
""",
    "choices": """\
The ids from which `incident close` and `incident ticket` pick, with what each
means. QUESTION is one of component, failure, trigger, mechanism, scope, origin,
fix, owner.

  incident choices trigger
""",
    "cite": """\
What was on your screen, as `incident close --cite` names it.
""",
    "close": """\
Ends the run; the debrief follows. Close when users are fine and your temporary
measures are undone: picks made while users are failing earn nothing, nor does
one without a citation of something on screen that shows it.

  incident choices                     the ids to pick from
  incident cite                        what can be cited
  incident close --component ID --failure ID --trigger ID --mechanism ID \\
    --scope ID --cite component=command:12,panel:3 --cite trigger=panel:4 \\
    --handover "node is back; limit to be raised, ticket INC-4711"

--cite a,b=command:7 cites the same for two picks. --partial closes without the
picks that you do not know.
""",
}
"""Subcommand -> text, of lines that fit 80 columns."""
