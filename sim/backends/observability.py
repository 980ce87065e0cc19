"""Users as numbers and the telemetry over what they go through, made from a scenario.

It translates; laws of traffic and alerting are known elsewhere.
"""

from __future__ import annotations

from sim.backends.plan import Plan
from sim.backends.probes import Probes
from sim.backends.telemetry import UsersHistory, UsersTelemetry
from sim.client.doors import Alert, Change
from sim.evidence import EvidenceLog
from sim.kernel import Environment, Epoch
from sim.scenario.application import WebService
from sim.scenario.traffic import ClientClass as ClientClassSpec
from sim.scenario.traffic import OwnFailure as OwnFailureSpec
from sim.scenario.traffic import Traffic as TrafficSpec
from sim.slo import AlertRule, Condition, Monitoring, Objective
from sim.traffic import (
    Application,
    Break,
    Call,
    ClientClass,
    LatencyLaw,
    LoadStep,
    OwnFailure,
    Robot,
)


def users_of(plan: Plan, spec: TrafficSpec) -> Application:
    """Return one application as the traffic model takes it."""
    application = plan.scenario.application(spec.application)
    gateway = plan.scenario.application(spec.gateway).behaviour
    behaviour = application.behaviour
    return Application(
        name=application.name,
        service_ip=plan.addresses[application.name],
        service_port=application.service.port,
        load=(LoadStep(at_ms=0, rps=spec.rate),),
        calls=tuple(
            Call(
                name=one.call,
                share=one.share or 0.0,
                rps=one.rate or 0.0,
                database_share=one.database,
                status=one.status,
                order=one.order,
            )
            for one in spec.calls
        ),
        classes=tuple(
            ClientClass(
                name=one.name,
                share=one.share or 0.0,
                weight=one.weight,
                retries=one.retries,
                agent=one.agent,
                robot=_robot(plan, one),
            )
            for one in spec.classes
        ),
        breaks=_breaks(plan, application.name),
        wobble=spec.wobble,
        base_error_share=spec.base_errors,
        latency=LatencyLaw(p50_ms=float(spec.p50), p99_ms=float(spec.p99)),
        connect_timeout_ms=gateway.connect_timeout if gateway.kind == "gateway" else 1_000,
        request_timeout_ms=spec.request_timeout,
        acquire_timeout_ms=(
            behaviour.acquire_timeout if isinstance(behaviour, WebService) else spec.request_timeout
        ),
        slow_ms=spec.slow_after,
    )


def _robot(plan: Plan, spec: ClientClassSpec) -> Robot | None:
    """Return what makes a class a machine; its times move with the night."""
    if spec.rate is None:
        return None
    spells = None
    if spec.on:
        begins = (
            (spell.at + plan.night_shift + number * spell.every, spell.lasting)
            for spell in spec.on
            for number in range(spell.times)
        )
        spells = tuple(sorted((begin, begin + lasting) for begin, lasting in begins))
    return Robot(call=spec.call, rps=spec.rate, spells=spells, fails=_own_failure(plan, spec.fails))


def _own_failure(plan: Plan, spec: OwnFailureSpec | None) -> OwnFailure | None:
    if spec is None:
        return None
    since = plan.fault_at(spec.fault) if spec.fault else None
    if spec.at is not None:
        since = spec.at + plan.night_shift
    return OwnFailure(share=spec.share, since_ms=since, status=spec.status, text=spec.text)


def _breaks(plan: Plan, application: str) -> dict[str, tuple[Break, ...]]:
    """Return version -> the calls that it fails."""
    history = plan.scenario.history
    if history.application != application:
        return {}
    return {
        revision.version: tuple(
            Break(call=one.call, share=one.share, status=one.status, log=one.log)
            for one in revision.breaks
        )
        for revision in history.revisions
        if revision.breaks
    }


def make_telemetry(
    plan: Plan,
    env: Environment,
    log: EvidenceLog,
    traffic: UsersHistory,
    epoch: Epoch,
    probes: Probes | None = None,
) -> UsersTelemetry:
    """Return the telemetry of the application that pages; *probes* are its prober's, if it has one."""
    scenario = plan.scenario
    rules = [
        AlertRule(
            name=rule.name,
            conditions=(
                Condition(
                    signal=f"{rule.metric} by {rule.by}" if rule.by else rule.metric,
                    window_ms=rule.window,
                    threshold=rule.above,
                ),
            ),
            for_ms=rule.lasting,
            severity=rule.severity,
            summary=rule.summary,
        )
        for rule in scenario.alerts
    ]
    paging = next((rule for rule in scenario.alerts if rule.page), scenario.alerts[0])
    return UsersTelemetry(
        env,
        log,
        traffic,
        application=paging.application,
        rules=rules,
        monitoring=Monitoring(evaluation_ms=paging.every),
        objective=Objective(impact_threshold=scenario.rubric.mitigated_below),
        past_alerts=[
            Alert(
                name=past.name,
                state="resolved",
                since=-past.ago,
                summary=past.summary,
                severity=past.severity,
                ended=past.lasted - past.ago,
            )
            for past in scenario.history.alerts
        ],
        changes=[
            Change(
                id=change.id,
                at=plan.fault_at(change.fault) if change.ago is None else -change.ago,
                category=change.category,
                title=change.title,
                author=change.author,
                target=change.target,
                detail=change.detail,
                source=change.source,
            )
            for change in scenario.history.changes
        ],
        hurts_from=plan.fault_at(scenario.hurts_from),
        horizon=scenario.horizon,
        probes=probes,
    )
