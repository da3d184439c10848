"""The sequence engine: `step(slot, event, now) → (slot, effects)`. Pure; `keptn/orchestration/` stands around it.

Nothing is imported here: a step that asks the slot does not load the rules.

engine.py  the step             admission.py  a sequence gets in      selector.py   what follows what
slot.py    the values           dispatch.py   who holds the slot      merge.py      data flow
codec.py   to JSON and back     tasks.py      triggered, answered     aggregate.py  several executors
turn.py    one transition       ending.py     over, and what follows  verdicts.py   live and rejected versions
limits.py  of time and size     deadlines.py  time                    control.py    pause, resume, abort
execution_document.py  what people read                         promotion.py  the rest is passed over
pinning.py  a manual rollback and its pin                          asking.py     whether an approval asks a person
"""
