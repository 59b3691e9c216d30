"""Errors of the actors.

ActorError
├── StoreError
│   ├── Fenced            somebody else owns the partition now; stop at once
│   ├── StaleCheckpoint   an older position than the committed one; a bug or a zombie
│   ├── PartitionsDiffer  the store or log was made with another number of partitions
│   ├── UnknownFormat     written by a newer version
│   ├── Damaged           what is sealed is not what was sealed
│   └── BadFilter         the caller's fault: the search text; names the column
├── LogError
│   ├── Gap               the log does not go on where the partition stands; read again from there
│   ├── LogMissing        the log begins after, or ends before, the checkpoint's position
│   ├── ChainBroken       a block does not follow the one before it; the log was tampered with
│   ├── Superseded        another gateway appended; this one no longer owns the partition
│   └── LogFull           the stream's limit is reached; senders hold back
├── BacktestFailed        too large, or the log was trimmed below it; the text says what to ask
├── Spoilt                what a host has in memory is not what the log says; from the checkpoint
│   └── Overrun           the author's fault: a handler takes more than a host gives; a verdict
├── NotOwner              this host does not own the partition, or has no valid lease; ask again
├── AskFailed             the twin refused, or its handler failed; the text says why
├── AskUnknown            applied, but the reply is no longer kept
└── Unavailable           nobody owns the partition at the moment; try again
"""


class ActorError(Exception):
    """Base of everything that the actors raise on purpose."""


class StoreError(ActorError):
    """Base of the store's errors."""


class Fenced(StoreError):
    """The partition's epoch moved on: somebody else owns it now."""


class StaleCheckpoint(StoreError):
    """The checkpoint's position lies below the committed one."""


class PartitionsDiffer(StoreError):
    """The number of partitions is fixed when a cluster is made; this is another one."""


class UnknownFormat(StoreError):
    """Written in a format that this version does not know."""


class Damaged(StoreError):
    """What was sealed with a key was altered, or cut off."""


class BadFilter(StoreError):
    """The search text does not parse, or names what does not exist."""


class LogError(ActorError):
    """Base of the log's errors."""


class Gap(LogError):
    """A position, or a pair's message, does not follow the one before."""


class LogMissing(LogError):
    """The log does not hold what the checkpoint builds on."""


class ChainBroken(LogError):
    """A block's hash of what came before is not that of what came before."""


class Superseded(LogError):
    """Another writer appended to the partition."""


class LogFull(LogError):
    """The stream is at its limit."""


class BacktestFailed(ActorError):
    """A backtest cannot go on."""


class Spoilt(ActorError):
    """A block was broken off in the midst: begin again from the checkpoint."""


class Overrun(Spoilt):
    """A handler took more time or memory than its host gives.

    How much that is depends on the machine, and is in no log: the host writes a verdict before it
    begins again.
    """

    def __init__(self, twin_id: str, event_id: str, reason: str) -> None:
        super().__init__(f"{twin_id}, event {event_id}: {reason}")
        self.twin_id = twin_id
        self.event_id = event_id
        self.reason = reason


class NotOwner(ActorError):
    """This host does not own the partition now."""


class AskFailed(ActorError):
    """The twin refused the call, or its handler failed."""


class AskUnknown(ActorError):
    """The call was applied, but its reply is no longer kept."""


class Unavailable(ActorError):
    """Nobody owns the partition at the moment."""
