"""What really runs in the pods of a real cluster: small programs that behave as a scenario's applications do.

    python -m sim.workload web-service|database|users|prober|neighbour|sql STATEMENT|get URL

Every program takes its settings from the environment variable `UNCORDON_WORKLOAD`, one JSON object that
`settings.packed` has packed; times in it are milliseconds, rates are per second, and what is left out has the default
that the program's own settings class gives. Beside it the programs read what Kubernetes gives every container of
ours: `VERSION` (set by the image), `POD_NAME` and `NODE_NAME` (by the downward API). They write the log lines of the
simulated applications, end in order on SIGTERM, and use nothing but the standard library. This package must not
import anything of the project.

Programs (settings are documented at the class that reads them):

| program     | is                                             | listens                                    |
|-------------|------------------------------------------------|--------------------------------------------|
| web-service | a service that needs a database                | HTTP: the calls, `/ready`                  |
| database    | a stand-in for PostgreSQL, see below           | its wire protocol, over TCP and a socket   |
| users       | a gateway and all the users behind it          | HTTP: `/healthz`, `/samples`, `/clock`, `/v1/...` |
| prober      | one careful user that calls the same way       | the same                              |
| neighbour   | another team's clients: opens connections      | HTTP: `/healthz`, `/samples`          |
| sql         | sends one statement over the database's socket | -                                     |
| get         | fetches a page, for images without curl        | -                                     |

The database knows roles, passwords, a few statements about them, `SELECT 1`, `pg_stat_activity`, `pg_roles`, and the
log of the real one. It has no tables and says so; a real `psql` can talk to it.

Samples. `GET /samples?since=S` of users, prober and neighbour answers 200, `application/x-ndjson`: one JSON object
a line, for every whole second of wall time after S (Unix seconds; 0: all that is kept, 15 minutes) that is over,
oldest first; a second in which nothing ended has no line. A request belongs to the second in which it *ended*. The
first line tells who speaks and how far this answer goes; the next question's `since` is its `until`:

    {"source": "gateway-6f7-x2k9m", "node": "node-control-plane", "program": "users", "started": 1763600000.25,
     "now": 1763600012.5, "until": 1763600011, "open": 3}

`open`: requests under way. Every other line is one group of one second:

    {"at": 1763600011, "call": "POST /v1/payments", "class": "shop", "pod": "payment-service-7f8b9c4d5-a8j3n",
     "node": "node-worker-1", "version": "3.18.2", "outcome": "ok", "status": 201, "count": 5, "final": 5,
     "slow": 0, "scale": 12.0, "ms": [31, 35, 36, 41, 97]}

| field | |
|---|---|
| at | the second: [at, at + 1) |
| call, class | as in the scenario's traffic; a neighbour's call is `tcp ADDRESS:PORT`, its class its own name |
| pod, node, version | who answered, by its own word (headers `X-Pod` ...); empty: nobody; a neighbour's node: its own |
| outcome | how it ended, see below |
| status | HTTP status that the user got; 0 for connections |
| count | attempts that ended so |
| final | those of them after which the user did not try again: what counts as loss |
| slow | answered well, but later than `slow_after` |
| scale | how many requests of the scenario one of these stands for: its rate of this call over the rate made here |
| ms | latency of each attempt, sorted |

| outcome | |
|---|---|
| ok | answered well (slow ones too) |
| overloaded | 503 by the pod: more than it can carry, or its share of ordinary failures |
| broken | the pod's version answers this call wrongly |
| starved | the pod got no database connection for it |
| own | failed by itself: a robot with expired test data |
| refused | nobody took the connection, told at once (a pod that is gone, a REJECT rule) |
| timeout | nobody took the connection within `connect_timeout`, or answered within `request_timeout` |
| unreachable | no route, or any other error of the network |
| reset | the connection was taken and broke before the answer |

A connection that is refused or times out is tried once more at once, as a gateway does; that is one attempt of the
user, and its latency includes both. A call with a rate of its own is made at that rate (scale 1.0). The service is
told the scale of each request (`X-Scale`), so that its capacity is the scenario's.

`POST /clock {"epoch_ms": N, "phase": P}` tells users and prober which Unix time is simulated time 0, for robots that
work in spells; the setting `epoch_ms` does the same from the start. In a spell a robot calls every `1 / rate` seconds,
first after the part P (0 to 1) of that: processes that share a robot are told places between each other's, e.g. 1/6,
3/6, 5/6.

`POST /age {"since_ms": N}` tells a web service, once, that it is to be as one that has been running since that Unix
time: each session of its pool is then as old as it would be. Who is not told is as young as it is.
"""
