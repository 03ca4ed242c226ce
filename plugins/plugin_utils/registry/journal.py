# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a provisioning is about to make, written before it is made.

A provisioning has steps; a step has resources. Undo walks the steps backwards and gets the resources
of each; only what stands here is ever removed. The states are
  provisioning: running -> done, and from both undoing -> undone; running -> kept, which goes on as running does
  step:         begun -> done, or undone, or left (its undo failed)
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError

from . import clock, events, leases, schema
from .library import sa
from .runs import Run

RUNNING, DONE, UNDOING, UNDONE, BEGUN, LEFT = "running", "done", "undoing", "undone", "begun", "left"

#: The state of a provisioning that failed and that the operator wants to look at as it is. It stays so until it is complete
#: or taken back, so that no run which nobody started for this tenant goes on with it.
KEPT = "kept"

_BEING_MADE = frozenset({RUNNING, KEPT})

#: A provisioning in these states is not at its end; when no run is at work on it, it was cut off, or kept.
UNFINISHED = _BEING_MADE | {UNDOING}

#: The state of a provisioning that made nothing: its tenant was there before, see adoption.py.
ADOPTED = "adopted"

#: How a run continues with what it finds: a new provisioning, one that was cut off, an undo that was cut
#: off, or a tenant that is complete and only brought to its wanted state.
FRESH, RESUME, ROLLBACK, CONVERGE = "fresh", "resume", "rollback", "converge"
_MODES = {RUNNING: RESUME, KEPT: RESUME, UNDOING: ROLLBACK, DONE: CONVERGE}


@dataclass(frozen=True)
class Resource:
    """One thing to be made: its kind, its recorded name, and what undo needs to know. No secrets."""

    kind: str
    name: str
    data: dict[str, Any]


class Journal:
    """The journal of one tenant, written by one run that holds its lease."""

    def __init__(self, connection: sa.Connection, run: Run, tenant: str) -> None:
        self._connection = connection
        self._run = run
        self._tenant = tenant

    def look(self) -> dict[str, Any]:
        """What L(open) would find, without taking the lease; for check mode."""
        last = self._last()
        if last is not None and last.state == ADOPTED:
            raise TenantError(
                f"{self._tenant} was adopted: it was there before this registry, so no run changes it and none takes it away.",
                f"To forget it without touching it: ansible-playbook adopt.yml -e forget={self._tenant}.",
                error="adopted",
            )
        if last is None or last.state not in _MODES:
            return {"provisioning": None, "mode": FRESH, "done": []}
        done = [step.step for step in self._steps(last.id) if step.state == DONE]
        return {"provisioning": last.id, "mode": _MODES[last.state], "done": done}

    def open(self, instead_of: str = "") -> dict[str, Any]:
        """Take the lease and find how to go on.

        :param instead_of: the name of a run that the operator knows to be dead; see L(leases.take).
        :returns: C(provisioning), its id; C(mode), fresh, resume, rollback or converge; C(done), the complete steps.
        """
        holder = leases.find(self._connection, self._tenant)
        leases.take(self._connection, self._run, self._tenant, instead_of)
        if holder is not None and holder.run != self._run.name:
            self._event("lease taken over", holder=holder.run, since=holder.taken_at)
        found = self.look()
        if found["mode"] != FRESH:
            self._event("opened", mode=found["mode"])
            return found
        provisioning = secrets.token_hex(8)
        self._connection.execute(
            schema.provisionings.insert().values(
                id=provisioning, tenant=self._tenant, state=RUNNING, started_at=clock.now()
            )
        )
        self._event("provisioning begun", provisioning=provisioning)
        return {"provisioning": provisioning, "mode": FRESH, "done": []}

    def is_held(self) -> bool:
        """Whether this run holds the lease."""
        return leases.is_held_by(self._connection, self._run, self._tenant)

    def begin(self, step: str) -> None:
        """Note that I(step) begins. A step that is complete stays so: a later run only checks it."""
        current = self._current()
        found = self._step(current.id, step)
        if found is not None and found.state == DONE:
            return
        if found is not None:
            self._set_step(current.id, step, state=BEGUN, started_at=clock.now(), error=None)
            return
        self._connection.execute(
            schema.steps.insert().values(provisioning=current.id, step=step, state=BEGUN, started_at=clock.now())
        )
        self._event("step begun", step=step)

    def record(self, step: str, resources: list[Resource]) -> int:
        """Note what I(step) is about to make. Returns how many of them are new to the journal."""
        current = self._current()
        table = schema.resources
        known = {
            (row.kind, row.name)
            for row in self._connection.execute(
                sa.select(table.c.kind, table.c.name).where(table.c.provisioning == current.id)
            )
        }
        new = [resource for resource in resources if (resource.kind, resource.name) not in known]
        for resource in new:
            self._connection.execute(
                table.insert().values(
                    provisioning=current.id,
                    step=step,
                    kind=resource.kind,
                    name=resource.name,
                    data=resource.data,
                    state=BEGUN,
                    recorded_at=clock.now(),
                )
            )
            self._event("resource", step=step, kind=resource.kind, name=resource.name)
        return len(new)

    def made(self, step: str) -> list[dict[str, Any]]:
        """What earlier runs noted in I(step) of the current provisioning, the latest first."""
        last = self._last()
        return self._resources(last.id, step) if last is not None and last.state in _MODES else []

    def recorded(self, kind: str, name: str) -> dict[str, Any] | None:
        """What was noted with a resource of the current provisioning; None when it was not recorded."""
        table = schema.resources
        query = sa.select(table.c.data).where(
            table.c.provisioning == self._current().id, table.c.kind == kind, table.c.name == name
        )
        return self._connection.execute(query).scalar_one_or_none()

    def done(self, step: str) -> None:
        """Note that I(step) is complete."""
        current = self._current()
        found = self._step(current.id, step)
        if found is None or found.state == DONE:
            return
        seconds = round(clock.seconds_since(found.started_at), 2)
        self._set_step(current.id, step, state=DONE, seconds=seconds)
        self._event("step done", step=step, seconds=seconds)

    def fail(
        self, error: str, output_tail: str = "", is_kept: bool = False, on_purpose: bool = False
    ) -> dict[str, Any]:
        """Note that the provisioning failed.

        :param output_tail: what the step's own tool said last. No secrets.
        :param is_kept: what was made is kept for the next run to go on with, as after a host could not be reached; where
            nothing was made yet there is nothing to keep.
        :param on_purpose: it is kept because the operator wants to look at it.
        :returns: C(undo), the steps to undo, last first, each with C(step) and its C(resources). It is empty when nothing
            may be undone: C(held) tells that this run does not hold the lease, C(kept) that the next run goes on; without
            both the tenant was complete before this run.
        """
        if not self.is_held():
            return {"held": False, "kept": False, "undo": []}
        current = self._current()
        details = {"error": error, "output_tail": output_tail}
        kept = current.state in _BEING_MADE and is_kept and self._has_made(current.id)
        if current.state == DONE:
            self._event("converge failed", **details)
            return {"held": True, "kept": False, "undo": []}
        if kept:
            self._set_provisioning(current.id, error=error, state=KEPT if on_purpose else current.state)
            self._event("kept" if on_purpose else "cut off", **details)
            return {"held": True, "kept": True, "undo": []}
        if current.state in _BEING_MADE:
            self._set_provisioning(current.id, state=UNDOING, error=error)
        self._event("provisioning failed" if current.state in _BEING_MADE else "undo resumed", **details)
        return {"held": True, "kept": False, "undo": self._to_undo(current.id)}

    def retire(self) -> list[dict[str, Any]]:
        """Note that the tenant is to be taken away. Returns the steps to undo, as L(fail) does."""
        current = self._current()
        self._set_provisioning(current.id, state=UNDOING)
        self._event("retired")
        return self._to_undo(current.id)

    def foretell(self, is_retired: bool) -> list[dict[str, Any]]:
        """The steps that L(fail), or L(retire), would give, without a lease; for check mode."""
        last = self._last()
        undoable = _MODES if is_retired else UNFINISHED
        return self._to_undo(last.id) if last is not None and last.state in undoable else []

    def undone(self, step: str) -> None:
        """Note that nothing of I(step) is left."""
        current = self._current()
        seconds = self._seconds_of_undo()
        self._set_step(current.id, step, state=UNDONE, error=None, undo_seconds=seconds)
        table = schema.resources
        self._connection.execute(
            table.update().where(table.c.provisioning == current.id, table.c.step == step).values(state=UNDONE)
        )
        self._event("step undone", step=step, seconds=seconds)

    def left(self, step: str, error: str, output_tail: str = "") -> None:
        """Note that I(step) could not be undone, and why. The next run tries again."""
        seconds = self._seconds_of_undo()
        self._set_step(self._current().id, step, state=LEFT, error=error, undo_seconds=seconds)
        self._event("undo failed", step=step, error=error, seconds=seconds, output_tail=output_tail)

    def release(self, error: str) -> dict[str, Any]:
        """Give the lease back, if this run has it, and leave everything as it is for the next run.

        :param error: why this run does not go on.
        :returns: as L(close); C(held) tells whether there was something to give back.
        """
        held = self.is_held()
        if held:
            self._event("released", error=error)
            leases.give_back(self._connection, self._run, self._tenant)
        last = self._last()
        return {"held": held, **({} if last is None else self._told(last.id, last.state, error))}

    def close(self) -> dict[str, Any]:
        """End this run's work on the tenant and give the lease back.

        :returns: C(state) of the provisioning, its C(error), and C(steps) with name, state, the seconds that it took to
            make and to undo, and error.
        """
        current = self._current()
        steps = self._steps(current.id)
        state = current.state
        error = current.error
        if state in _BEING_MADE:
            # What an earlier run was cut off by is over.
            state, error = DONE, None
        elif state == UNDOING and all(step.state == UNDONE for step in steps):
            state = UNDONE
        if state != current.state:
            self._set_provisioning(current.id, state=state, error=error, ended_at=clock.now())
            self._event(f"provisioning {state}")
        leases.give_back(self._connection, self._run, self._tenant)
        return self._told(current.id, state, error)

    def _told(self, provisioning: str, state: str, error: str | None) -> dict[str, Any]:
        return {"state": state, "error": error, "steps": [_as_told(step) for step in self._steps(provisioning)]}

    def _has_made(self, provisioning: str) -> bool:
        """Whether anything is recorded that may have been made."""
        query = sa.select(schema.resources.c.id).where(schema.resources.c.provisioning == provisioning).limit(1)
        return self._connection.execute(query).one_or_none() is not None

    def _seconds_of_undo(self) -> float:
        """The time since the last event: undo goes from one step straight to the next."""
        return round(clock.seconds_since(events.last_at(self._connection, self._tenant)), 2)

    def _to_undo(self, provisioning: str) -> list[dict[str, Any]]:
        return [
            {"step": step.step, "resources": self._resources(provisioning, step.step)}
            for step in reversed(self._steps(provisioning))
            if step.state != UNDONE
        ]

    def _resources(self, provisioning: str, step: str) -> list[dict[str, Any]]:
        table = schema.resources
        query = (
            sa.select(table.c.kind, table.c.name, table.c.data)
            .where(table.c.provisioning == provisioning, table.c.step == step, table.c.state != UNDONE)
            .order_by(table.c.id.desc())
        )
        return schema.plain_rows(self._connection.execute(query))

    def _last(self) -> sa.Row | None:
        return _last(self._connection, self._tenant)

    def _current(self) -> sa.Row:
        leases.require(self._connection, self._run, self._tenant)
        last = self._last()
        if last is None:
            raise TenantError(f"No provisioning of {self._tenant} was opened.", "Open the journal first.")
        return last

    def _step(self, provisioning: str, step: str) -> sa.Row | None:
        table = schema.steps
        query = sa.select(table).where(table.c.provisioning == provisioning, table.c.step == step)
        return self._connection.execute(query).one_or_none()

    def _steps(self, provisioning: str) -> list[sa.Row]:
        return _steps(self._connection, provisioning)

    def _set_step(self, provisioning: str, step: str, **values: Any) -> None:
        table = schema.steps
        self._connection.execute(
            table.update().where(table.c.provisioning == provisioning, table.c.step == step).values(values)
        )

    def _set_provisioning(self, provisioning: str, **values: Any) -> None:
        table = schema.provisionings
        self._connection.execute(table.update().where(table.c.id == provisioning).values(values))

    def _event(self, event: str, **data: Any) -> None:
        events.append(self._connection, self._run, self._tenant, event, **data)


def steps_of(connection: sa.Connection, tenant: str) -> list[dict[str, Any]]:
    """The steps of the tenant's last provisioning, as L(Journal.close) returns them; empty where there is none."""
    last = _last(connection, tenant)
    return [] if last is None else [_as_told(step) for step in _steps(connection, last.id)]


def _last(connection: sa.Connection, tenant: str) -> sa.Row | None:
    table = schema.provisionings
    query = (
        sa.select(table)
        .where(table.c.tenant == tenant)
        # At most one is not undone, and it is the last, whatever the clocks of the controllers say.
        .order_by(sa.case((table.c.state == UNDONE, 1), else_=0), table.c.started_at.desc())
        .limit(1)
    )
    return connection.execute(query).one_or_none()


def _steps(connection: sa.Connection, provisioning: str) -> list[sa.Row]:
    table = schema.steps
    return list(connection.execute(sa.select(table).where(table.c.provisioning == provisioning).order_by(table.c.id)))


def _as_told(step: sa.Row) -> dict[str, Any]:
    return {field: step._mapping[field] for field in ("step", "state", "seconds", "undo_seconds", "error")}
