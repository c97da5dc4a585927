//! What can happen to a world, each event by the rules of the table.

use cryptocloud_postback_inbox::{
    Event, HoldKind, Mode, State,
    transition::{Fact, Step, next_in},
};

use crate::world::{A, Claim, Failing, RECONCILED, REST, Row, SLOTS, Setup, Vendor, World};

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Action {
    /// A postback arrives and gets its response, unless the process crashes after the COMMIT.
    Post {
        slot: usize,
        crashes: bool,
    },
    /// The vendor states the payment, and perhaps more than what operators decided about.
    Reconcile {
        is_more: bool,
    },
    Claim {
        slot: usize,
    },
    /// A worker settles, or makes another move.
    Finish {
        worker: usize,
        event: Event,
    },
    /// The worker asks the vendor, which may be down.
    Ask {
        worker: usize,
        is_down: bool,
    },
    /// The worker holds the report because the vendor does not confirm it.
    HoldUnconfirmed {
        worker: usize,
    },
    /// The customer pays.
    Pay,
    /// The worker is gone, before COMMIT or without knowing whether it came through.
    Crash {
        worker: usize,
        commits: bool,
    },
    /// A delay or a lease is over.
    Elapse {
        slot: usize,
    },
    /// A report has been failing for longer than the retry span.
    GiveUp {
        slot: usize,
    },
    Promote {
        slot: usize,
    },
    /// The vendor is asked about a payment that is done, and what is beside it is discarded.
    ResolveConflict {
        slot: usize,
    },
    Decide {
        slot: usize,
        event: Event,
    },
    /// The retention is over.
    Age {
        slot: usize,
    },
    Retain {
        slot: usize,
        event: Event,
    },
}

impl Setup {
    fn next(&self, world: &World, slot: usize, event: Event, fence: Option<u8>) -> Step {
        let facts = world.facts(self, slot, fence);
        next_in(&self.table, world.state(slot), event, facts)
    }

    fn post(&self, world: &mut World, slot: usize, crashes: bool) -> Option<()> {
        let worker = world.free_worker()?;
        world.left.posts[slot] = world.left.posts[slot].checked_sub(1)?;
        if crashes {
            world.spend()?;
        }
        let known = world.known_as(slot);
        if let Some(adopted @ (RECONCILED | REST)) = known {
            world.adopted_by[adopted - RECONCILED] = Some(slot);
        }
        let stored = known.unwrap_or(slot);
        let had = world.rows.iter().flatten().count();
        match self.next(world, stored, Event::Receive, None) {
            Step::Become(State::Running) => {
                world.break_if(self.mode == Mode::StoreFirst, "the request ran the handler");
                world.break_if(self.is_unidentified, "ran without hashes");
                world.grant(stored);
                // The response is that of the handler, so it comes later, as that of a resend.
                if crashes {
                    world.workers[worker] = None;
                }
            }
            Step::Become(state) => world.enter(stored, state),
            Step::Stay => (),
            Step::Refuse(_) | Step::Forget => {
                world.break_if(known.is_some(), "lost a postback");
                return Some(());
            }
        }
        world.break_if(
            known.is_none() && had >= self.capacity,
            "stored more reports than there is room for",
        );
        if !crashes && let Some(state) = world.state(stored) {
            let is_promised = self.mode.response(state).status() == 200;
            world.promised[slot] |= is_promised;
            let is_settled = matches!(state, State::Done | State::Held | State::Discarded);
            world.break_if(
                is_promised && !is_settled && self.mode == Mode::Direct,
                "promised what is not settled",
            );
        }
        Some(())
    }

    fn reconcile(&self, world: &mut World, is_more: bool) -> Option<()> {
        // There is room for one rest.
        if world.vendor == Some(Vendor::Unpaid) || (is_more && world.rows[REST].is_some()) {
            return None;
        }
        world.spend()?;
        let is_unconfirmed = |slot: &usize| {
            let facts = world.facts(self, *slot, None);
            facts.contains(Fact::Unconfirmed)
        };
        if let Some(slot) = SLOTS.into_iter().find(is_unconfirmed) {
            match self.next(world, slot, Event::Reconcile, None) {
                Step::Become(state) => world.enter(slot, state),
                _ => world.break_if(world.blocking() == 0, "left what the vendor confirms now"),
            }
            return Some(());
        }
        // No report is meant, so it is the facts of a new one that count.
        let mut facts = world.facts(self, RECONCILED, None);
        let is_rest = is_more && world.is_decided();
        facts = facts
            .with(Fact::Blocked, world.blocking() > 0)
            .with(Fact::Rest, is_rest);
        let step = next_in(&self.table, None, Event::Reconcile, facts);
        if is_rest {
            store_rest(world, step);
            return Some(());
        }
        if let Step::Become(state) = step {
            let reconciled = [&world.rows[RECONCILED], &world.rows[REST]];
            let is_known = reconciled.into_iter().any(Option::is_some);
            world.break_if(is_known, "reconciled twice");
            world.break_if(world.has(State::Discarded), "reconciled what was discarded");
            world.break_if(world.blocking() > 0, "reconciled beside another report");
            world.enter(RECONCILED, state);
        }
        Some(())
    }

    fn claim(&self, world: &mut World, slot: usize) -> Option<()> {
        world.free_worker()?;
        let before = world.rows[slot].clone()?;
        let Step::Become(state) = self.next(world, slot, Event::Claim, None) else {
            return None;
        };
        world.break_if(!before.is_due, "claimed before it was due");
        if state == State::Held {
            world.enter(slot, state);
            return Some(());
        }
        world.break_if(
            before.failing == Failing::ForTooLong && before.state != State::Received,
            "tried for longer than the retry span",
        );
        world.break_if(
            self.is_unidentified && slot < RECONCILED && !before.is_decided,
            "ran without hashes",
        );
        world.grant(slot);
        let row = world.rows[slot].as_mut()?;
        if before.state == State::Running && row.failing == Failing::No {
            row.failing = Failing::Yes;
        }
        Some(())
    }

    /// Whether the vendor has confirmed what the worker holds, or need not.
    fn may_handle(&self, world: &World, worker: usize) -> bool {
        let Some(claim) = world.workers[worker] else {
            return false;
        };
        let row = world.rows[claim.slot].as_ref();
        let is_accepted = row.is_some_and(|row| row.is_accepted);
        claim.is_confirmed || is_accepted || world.vendor.is_none() || !self.asks
    }

    fn ask(&self, world: &mut World, worker: usize, is_down: bool) -> Option<()> {
        let vendor = world.vendor?;
        let claim = world.workers[worker]?;
        if self.may_handle(world, worker) {
            return None;
        }
        if is_down {
            world.left.outages = world.left.outages.checked_sub(1)?;
            return self.finish(world, worker, Event::Postpone);
        }
        if !vendor.confirms(claim.slot) {
            return self.hold(world, worker, vendor.objection());
        }
        self.finish(world, worker, Event::Renew)?;
        if let Some(claim) = &mut world.workers[worker] {
            claim.is_confirmed = true;
        }
        Some(())
    }

    /// Holds a report because the vendor does not confirm it.
    fn hold(&self, world: &mut World, worker: usize, kind: HoldKind) -> Option<()> {
        let Claim { slot, fence, .. } = world.workers[worker]?;
        let is_running = |row: &Row| row.state == State::Running && row.fence == fence;
        let was_running = world.rows[slot].as_ref().is_some_and(is_running);
        self.finish(world, worker, Event::Hold)?;
        let row = world.rows[slot].as_mut();
        if let Some(row) = row.filter(|row| was_running && row.state == State::Held) {
            row.objection = Some(kind);
        }
        Some(())
    }

    fn finish(&self, world: &mut World, worker: usize, event: Event) -> Option<()> {
        let Claim { slot, fence, .. } = world.workers[worker]?;
        if event != Event::Renew {
            world.workers[worker] = None;
        }
        let Step::Become(state) = self.next(world, slot, event, Some(fence)) else {
            // A late worker learns that it lost the claim, and stops.
            world.workers[worker] = None;
            return Some(());
        };
        let is_late = world.rows[slot]
            .as_ref()
            .is_none_or(|row| row.fence != fence);
        world.break_if(is_late, "a late worker changed something");
        let row = world.rows[slot].as_mut()?;
        match event {
            Event::Settle => {
                let is_denied = world.vendor.is_some_and(|vendor| !vendor.confirms(slot));
                let is_denied = is_denied && !row.is_accepted;
                world.credits += 1;
                world.break_if(is_denied, "credited what the vendor denies");
            }
            Event::Fail if row.failing == Failing::No => row.failing = Failing::Yes,
            Event::Hold => row.objection = None,
            _ => (),
        }
        world.enter(slot, state);
        if event == Event::Postpone {
            world.rows[slot].as_mut()?.is_due = false;
        }
        Some(())
    }

    fn decide(&self, world: &mut World, slot: usize, event: Event) -> Option<()> {
        let Step::Become(state) = self.next(world, slot, event, None) else {
            return None;
        };
        world.spend()?;
        world.enter(slot, state);
        let row = world.rows[slot].as_mut()?;
        row.is_accepted |= event == Event::Accept;
        row.is_decided = true;
        row.failing = Failing::No;
        Some(())
    }

    fn retain(&self, world: &mut World, slot: usize, event: Event) -> Option<()> {
        let step = self.next(world, slot, event, None);
        let row = world.rows[slot].as_mut()?;
        let was_old = row.is_old;
        match step {
            Step::Stay if !row.is_purged => row.is_purged = true,
            Step::Forget => {
                // The operator asked for it: from now on this is another payment.
                world.rows[slot] = None;
                world.credits = 0;
                world.promised = [false; 2];
                if slot >= RECONCILED {
                    world.adopted_by[slot - RECONCILED] = None;
                }
            }
            _ => return None,
        }
        world.break_if(!was_old, "purged before the retention was over");
        Some(())
    }

    pub(crate) fn apply(&self, world: &mut World, action: Action) -> Option<()> {
        match action {
            Action::Post { slot, crashes } => self.post(world, slot, crashes),
            Action::Reconcile { is_more } => self.reconcile(world, is_more),
            Action::Claim { slot } => self.claim(world, slot),
            Action::Ask { worker, is_down } => self.ask(world, worker, is_down),
            Action::Pay => {
                world.spend()?;
                world.vendor = Some(Vendor::Paid { genuine: A });
                Some(())
            }
            Action::Finish { worker, event } => {
                if event != Event::Postpone && !self.may_handle(world, worker) {
                    return None;
                }
                if event != Event::Settle && event != Event::Hold {
                    world.spend()?;
                }
                self.finish(world, worker, event)
            }
            Action::HoldUnconfirmed { worker } => self.hold(world, worker, HoldKind::Unconfirmed),
            Action::Crash { worker, commits } => {
                world.workers[worker]?;
                if commits && !self.may_handle(world, worker) {
                    return None;
                }
                world.spend()?;
                match commits {
                    true => self.finish(world, worker, Event::Settle)?,
                    false => world.workers[worker] = None,
                }
                Some(())
            }
            Action::Elapse { slot } => {
                let row = world.rows[slot].as_ref()?;
                let is_waiting = row.state.is_unfinished() && !row.is_due;
                // That a worker sleeps through its lease is a fault.
                if row.state == State::Running && world.is_held(slot, row.fence) {
                    world.spend()?;
                }
                world.rows[slot].as_mut()?.is_due = true;
                is_waiting.then_some(())
            }
            Action::GiveUp { slot } => {
                world.spend()?;
                let row = world.rows[slot].as_mut()?;
                let is_failing = row.failing == Failing::Yes && row.state.is_unfinished();
                row.failing = Failing::ForTooLong;
                is_failing.then_some(())
            }
            Action::Promote { slot } => {
                let step = self.next(world, slot, Event::Promote, None);
                let Step::Become(state) = step else {
                    return None;
                };
                world.enter(slot, state);
                Some(())
            }
            Action::ResolveConflict { slot } => {
                let step = self.next(world, slot, Event::Discard, None);
                let Step::Become(state) = step else {
                    return None;
                };
                world.enter(slot, state);
                Some(())
            }
            Action::Decide { slot, event } => self.decide(world, slot, event),
            Action::Age { slot } => {
                let row = world.rows[slot].as_mut()?;
                let ages = row.state.is_final() && !row.is_old;
                row.is_old = true;
                ages.then_some(())
            }
            Action::Retain { slot, event } => self.retain(world, slot, event),
        }
    }
}

/// What becomes of the rest of a payment.
fn store_rest(world: &mut World, step: Step) {
    // Without a report, the retention has forgotten it since the inbox looked.
    let is_known = world.rows.iter().any(Option::is_some);
    match step {
        Step::Become(state @ (State::Conflict | State::Held)) => {
            world.break_if(!is_known, "stored the rest of nothing");
            world.enter(REST, state);
        }
        Step::Become(_) => world.break_if(true, "a worker credits the rest"),
        _ => world.break_if(is_known, "the rest shows nowhere"),
    }
}
