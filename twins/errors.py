"""Errors of the twins.

TwinError
├── BadTwinId        the sender's fault: the id does not name a twin
├── UnknownKind      the sender's fault, or code of another version: no such kind is registered
├── UnknownType      the sender's fault: the kind has no handler for this type
├── BadPayload       the sender's fault: the data does not fit the handler's type
├── NotPatchable     the caller's fault: nobody may set this from outside
├── StaleRevision    nobody's fault: the twin is not as the caller saw it; read it again
├── NoTurn           the caller's fault: a twin was asked to act outside of a handler
├── Unstorable       the author's fault: a handler left a state that a checkpoint cannot keep
├── TooMuch          the author's fault: a handler tells more at once than a message carries
├── RulebookRefused  the caller's fault: a draft or version cannot be taken or published as it is
├── BadDeclaration   the author's fault: a kind is declared in a way that cannot work
└── BadDocument      the author's fault: a document is not what it should be, at a line and a word
    └── BadRule      the same of a rule, with its problems one by one (`twins.rules.errors`)
"""


class TwinError(Exception):
    """Base of everything that the twins raise on purpose."""


class BadTwinId(TwinError):
    """The text is not `kind/key` with both parts of `[A-Za-z0-9_-]`."""


class UnknownKind(TwinError):
    """No kind of this name is registered in this process."""


class UnknownType(TwinError):
    """The kind has no handler for this type of event."""


class BadPayload(TwinError):
    """The payload does not decode into what the handler declares."""


class NotPatchable(TwinError):
    """The kind does not let this be set from outside; the text says what may be."""


class StaleRevision(TwinError):
    """The twin has another revision than the caller saw."""


class NoTurn(TwinError):
    """A twin can only tell, remind, signal or act while it handles an event."""


class Unstorable(TwinError):
    """A state, an output or an answer that cannot be encoded, or holds NaN or an infinity."""


class TooMuch(TwinError):
    """One message to another twin is larger than a block of the log."""


class RulebookRefused(TwinError):
    """A rulebook does not take, approve or publish this as things stand; the text says why."""


class BadDeclaration(TwinError):
    """A kind or handler is declared in a way that cannot work."""


class BadDocument(TwinError):
    """A document of YAML or JSON is wrong: one line a mistake, `name:line:column: …`."""
