"""What is to be run, and the report of it."""

import msgspec
from msgspec import Struct, field


class Plan(Struct):
    """One run."""

    fault: str
    minutes: float = 1.0
    """How long devices send."""
    seed: int = 1
    """Of the load, and of when and whom the fault hits."""
    rate: float = 300.0
    """Messages a second."""


class Report(Struct, kw_only=True):
    """What a run found. Counts are messages, unless they say otherwise."""

    fault: str
    seed: int
    minutes: float
    acknowledged: int
    """Devices were told that they are durable."""
    applied: int
    """Numbers that twins say they took, each once."""
    lost: int
    """Acknowledged, and not in the log or not in the twin."""
    duplicated: int
    """Applied beyond what was sent, or more often than it stands in the log for the first time."""
    out_of_order: int
    """Not in the order of their numbers, in the log or in a twin."""
    effects_duplicated: int
    """Holds beyond one a wish, and changes of one that the companies' books show twice."""
    holds_left: int
    """Holds that nobody kept or gave back, and those that are not as their wish wanted them."""
    recovery_seconds: list[float]
    """Of each fault, until applied is no more than a second behind sent, and stays so for 5 s."""
    passed: bool
    sent: int
    refused: int
    """For good."""
    rate: float
    """Messages a second that were sent."""
    wishes: int
    """Of holds at companies; they are among the messages."""
    faults: list[str]
    """What was done to whom, and when, in seconds since the load began."""
    limit_s: float
    """How long a recovery may take."""
    stalls: list[str] = field(default_factory=list)
    """When else applied was more than a second behind, or nobody said, and how long."""
    date: str = ""
    """When it began, `2026-11-27` in UTC."""
    problems: list[str] = field(default_factory=list)
    """What is wrong, for people."""


def verdict(report: Report) -> Report:
    """The report with `passed`, and with a problem for every reason that it is not."""
    problems = list(report.problems)
    counts = ("lost", "duplicated", "out_of_order", "effects_duplicated", "holds_left", "refused")
    problems += [
        f"{name.replace('_', ' ')}: {value}" for name in counts if (value := getattr(report, name))
    ]
    slow = [f"{one:g} s" for one in report.recovery_seconds if one > report.limit_s]
    if slow:
        problems.append(f"back only after {', '.join(slow)}; the limit is {report.limit_s:g} s")
    if not report.acknowledged:
        problems.append("nothing was acknowledged")
    if not report.faults:
        problems.append("no fault was played: the run was too short")
    return msgspec.structs.replace(report, problems=problems, passed=not problems)


def encoded(report: Report) -> bytes:
    """As JSON, for people and programs."""
    return msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n"
