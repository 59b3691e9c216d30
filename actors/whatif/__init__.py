"""What if: an incident once more, with something otherwise. Pure; nothing of it can leave.

    change.py   what is otherwise: capacity, timing, answers, what the customer says
    answers.py  what was answered in truth, found again by what was asked
    assumed.py  what is assumed where nobody was ever asked
    run.py      the supervisor, from the incident on, among those answers
    compare.py  both runs, side by side

Only the supervisor runs, as it was before the incident. What others said to it stands in its log;
each answer comes to whoever asks the same, as long after the question as it came in truth.
"""
