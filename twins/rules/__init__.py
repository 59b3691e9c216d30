"""Rules: what is watched for, and what follows; documents that become one function a kind and type.

- `document`, `errors`: from text to documents, with the place of each word
- `fields`, `operators`, `scope`: what a condition may name
- `syntax`, `expression`, `tree`: from a condition's text to its checked tree
- `plan`, `emit`, `generate`, `ruleset`: from a document to code
- `rule`, `memory`, `windows`, `trends`: what runs, and what it remembers of a twin
- `actions`, `evidence`: what follows, and why
- `why`, `standing`, `lint`: why not, and what looks odd
- `tables`, `graph`, `growth`: decision tables, what they may say, and how large they may get
- `decide`: the action that asks them
- `testing`, `happened`: tests of rules as data, and what came of them
"""
