# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a provisioning is about to make, written before it is made.

A provisioning has steps; a step has resources. Undo walks the steps backwards and gets the resources
of each; only what stands here is ever removed. The states are
  provisioning: running -> done, and from both undoing -> undone
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

#: How a run continues with what it finds: a new provisioning, one that was cut off, an undo that was cut
#: off, or a tenant that is complete and only brought to its wanted state.
FRESH, RESUME, ROLLBACK, CONVERGE = "fresh", "resume", "rollback", "converge"
_MODES = {RUNNING: RESUME, UNDOING: ROLLBACK, DONE: CONVERGE}


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
        if last is None or last.state not in _MODES:
            return {"provisioning": None, "mode": FRESH, "done": []}
        done = [step.step for step in self._steps(last.id) if step.state == DONE]
        return {"provisioning": last.id, "mode": _MODES[last.state], "done": done}

    def open(self) -> dict[str, Any]:
        """Take the lease and find how to go on.

        :returns: C(provisioning), its id; C(mode), fresh, resume, rollback or converge; C(done), the complete steps.
        """
        leases.take(self._connection, self._run, self._tenant)
        found = self.look()
        if found["mode"] != FRESH:
            return found
        provisioning = secrets.token_hex(8)
        self._connection.execute(
            schema.provisionings.insert().values(
                id=provisioning, tenant=self._tenant, state=RUNNING, started_at=clock.now()
            )
        )
        self._event("provisioning", provisioning=provisioning)
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

    def done(self, step: str) -> None:
        """Note that I(step) is complete."""
        current = self._current()
        found = self._step(current.id, step)
        if found is None or found.state == DONE:
            return
        seconds = round(clock.seconds_since(found.started_at), 2)
        self._set_step(current.id, step, state=DONE, seconds=seconds)
        self._event("step done", step=step, seconds=seconds)

    def fail(self, error: str) -> list[dict[str, Any]]:
        """Note that the provisioning failed.

        :returns: the steps to undo, last first, each with C(step) and its C(resources). Empty when nothing may
            be undone: this run does not hold the lease, or the tenant was complete before this run.
        """
        if not self.is_held():
            return []
        current = self._current()
        if current.state == DONE:
            self._event("converge failed", error=error)
            return []
        if current.state == RUNNING:
            self._set_provisioning(current.id, state=UNDOING, error=error)
            self._event("failed", error=error)
        return self._to_undo(current.id)

    def retire(self) -> list[dict[str, Any]]:
        """Note that the tenant is to be taken away. Returns the steps to undo, as L(fail) does."""
        current = self._current()
        if current.state != UNDOING:
            self._set_provisioning(current.id, state=UNDOING)
            self._event("retired")
        return self._to_undo(current.id)

    def undone(self, step: str) -> None:
        """Note that nothing of I(step) is left."""
        current = self._current()
        self._set_step(current.id, step, state=UNDONE)
        table = schema.resources
        self._connection.execute(
            table.update().where(table.c.provisioning == current.id, table.c.step == step).values(state=UNDONE)
        )
        self._event("step undone", step=step)

    def left(self, step: str, error: str) -> None:
        """Note that I(step) could not be undone, and why. The next run tries again."""
        self._set_step(self._current().id, step, state=LEFT, error=error)
        self._event("undo failed", step=step, error=error)

    def close(self) -> dict[str, Any]:
        """End this run's work on the tenant and give the lease back.

        :returns: C(state) of the provisioning, its C(error), and C(steps) with name, state, seconds and error.
        """
        current = self._current()
        steps = self._steps(current.id)
        state = current.state
        if state == RUNNING:
            state = DONE
        elif state == UNDOING and all(step.state == UNDONE for step in steps):
            state = UNDONE
        if state != current.state:
            self._set_provisioning(current.id, state=state, ended_at=clock.now())
            self._event(f"provisioning {state}")
        leases.give_back(self._connection, self._run, self._tenant)
        return {
            "state": state,
            "error": current.error,
            "steps": [
                {"step": step.step, "state": step.state, "seconds": step.seconds, "error": step.error} for step in steps
            ],
        }

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
        table = schema.provisionings
        query = sa.select(table).where(table.c.tenant == self._tenant).order_by(table.c.started_at.desc()).limit(1)
        return self._connection.execute(query).one_or_none()

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
        table = schema.steps
        query = sa.select(table).where(table.c.provisioning == provisioning).order_by(table.c.id)
        return list(self._connection.execute(query))

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
