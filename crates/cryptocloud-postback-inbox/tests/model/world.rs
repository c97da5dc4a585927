//! One payment and all that is stored about it.

use cryptocloud_postback_inbox::{
    Mode, State,
    transition::{Fact, Facts, Rule},
};

/// What a run of the checker explores.
#[derive(Clone)]
pub(crate) struct Setup {
    /// The most reports of the payment.
    pub(crate) capacity: usize,
    /// How many things can happen from outside, beside postbacks.
    pub(crate) events: u8,
    /// Whether postbacks have no transaction hashes, and the policy needs them.
    pub(crate) is_unidentified: bool,
    pub(crate) mode: Mode,
    /// How often each of the two differing postbacks arrives.
    pub(crate) posts: [u8; 2],
    pub(crate) table: Vec<Rule>,
}

impl Setup {
    pub(crate) fn new(table: &[Rule]) -> Self {
        Self {
            capacity: 3,
            events: 3,
            is_unidentified: false,
            mode: Mode::Direct,
            posts: [2, 1],
            table: table.to_vec(),
        }
    }
}

/// The reports of the payment: two postbacks with differing fields, and reconciliation.
pub(crate) const A: usize = 0;
pub(crate) const B: usize = 1;
pub(crate) const RECONCILED: usize = 2;
/// The first fence of a report, which no worker from before has.
pub(crate) const RANDOM: u8 = 7;
pub(crate) const SLOTS: [usize; 3] = [A, B, RECONCILED];

#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) struct World {
    pub(crate) rows: [Option<Row>; 3],
    /// The postback that adopted the reconciled report.
    pub(crate) adopted_by: Option<usize>,
    /// What each worker believes to hold: a report and a fence.
    pub(crate) workers: [Option<(usize, u8)>; 2],
    /// How often the merchant's books were credited.
    pub(crate) credits: u8,
    /// The postbacks that got a 200.
    pub(crate) promised: [bool; 2],
    pub(crate) left: Budget,
    /// What an action has broken that no single state shows.
    pub(crate) broken: Option<&'static str>,
}

#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) struct Row {
    pub(crate) state: State,
    pub(crate) fence: u8,
    /// Whether the delay, or while running the lease, is over.
    pub(crate) is_due: bool,
    pub(crate) failing: Failing,
    /// Whether an operator has accepted or retried it.
    pub(crate) is_decided: bool,
    /// Whether it was held because the vendor did not confirm it.
    pub(crate) is_unconfirmed: bool,
    /// Whether the retention is over.
    pub(crate) is_old: bool,
    pub(crate) is_purged: bool,
}

#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Failing {
    No,
    Yes,
    ForTooLong,
}

/// How much of each thing from outside is still to come, so that every run ends.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) struct Budget {
    pub(crate) posts: [u8; 2],
    /// Decisions, failures, faults and reconciliations.
    pub(crate) events: u8,
}

impl World {
    pub(crate) fn facts(&self, setup: &Setup, slot: usize, fence: Option<u8>) -> Facts {
        let row = self.rows[slot].as_ref();
        let others = SLOTS.into_iter().filter(|other| *other != slot);
        let mut states = others.filter_map(|other| self.state(other));
        let is = |test: fn(&Row) -> bool| row.is_some_and(test);
        let is_postback = slot != RECONCILED;
        Facts::NONE
            .with(Fact::Blocked, states.any(State::blocks))
            .with(Fact::Discarded, self.has(State::Discarded))
            .with(
                Fact::Exhausted,
                is(|row| row.failing == Failing::ForTooLong),
            )
            .with(
                Fact::Full,
                self.rows.iter().flatten().count() >= setup.capacity,
            )
            .with(Fact::NotDue, is(|row| !row.is_due))
            .with(Fact::Recent, is(|row| !row.is_old))
            .with(Fact::Reconciled, self.rows[RECONCILED].is_some())
            .with(Fact::Stale, row.map(|row| row.fence) != fence)
            .with(Fact::StoreFirst, setup.mode == Mode::StoreFirst)
            .with(Fact::Unconfirmed, is(|row| row.is_unconfirmed))
            .with(Fact::Unidentified, is_postback && setup.is_unidentified)
    }

    pub(crate) fn state(&self, slot: usize) -> Option<State> {
        self.rows[slot].as_ref().map(|row| row.state)
    }

    pub(crate) fn has(&self, state: State) -> bool {
        self.rows.iter().flatten().any(|row| row.state == state)
    }

    pub(crate) fn blocking(&self) -> usize {
        let blocks = |row: &&Row| row.state.blocks();
        self.rows.iter().flatten().filter(blocks).count()
    }

    /// Whether a worker still holds the report's latest claim.
    pub(crate) fn is_held(&self, slot: usize, fence: u8) -> bool {
        self.workers.contains(&Some((slot, fence)))
    }

    pub(crate) fn free_worker(&self) -> Option<usize> {
        // One is as good as the other.
        self.workers.iter().position(Option::is_none)
    }

    /// The report that a postback is known as.
    pub(crate) fn known_as(&self, slot: usize) -> Option<usize> {
        let adopts = self.rows[RECONCILED].is_some() && self.adopted_by.is_none_or(|by| by == slot);
        match self.rows[slot].is_some() {
            true => Some(slot),
            false => adopts.then_some(RECONCILED),
        }
    }

    /// Whether the inbox has nothing left to do: every report is final, or waits for an operator.
    pub(crate) fn rests(&self) -> bool {
        self.rows.iter().flatten().all(|row| match row.state {
            State::Done | State::Held | State::Discarded => true,
            State::Conflict => self.blocking() > 0,
            State::Received | State::Running | State::Failed => false,
        })
    }

    /// What becomes less with every move: first what is still to come from outside, then the way of
    /// each report to its end.
    pub(crate) fn measure(&self) -> (u32, u32) {
        let [a, b] = self.left.posts;
        let outside = [a, b, self.left.events];
        let way = SLOTS.into_iter().filter_map(|slot| {
            let row = self.rows[slot].as_ref()?;
            Some(match row.state {
                State::Conflict => 20,
                State::Received | State::Failed if !row.is_due => 16,
                State::Received | State::Failed => 14,
                State::Running if row.is_due => 10,
                State::Running if self.is_held(slot, row.fence) => 8,
                State::Running => 12,
                _ if row.is_purged => 2,
                _ if row.is_old => 3,
                _ => 4,
            })
        });
        let busy = self.workers.iter().flatten().map(|_| 1);
        (
            outside.into_iter().map(u32::from).sum(),
            way.chain(busy).sum(),
        )
    }

    /// Uses up an event from outside.
    pub(crate) fn spend(&mut self) -> Option<()> {
        self.left.events = self.left.events.checked_sub(1)?;
        Some(())
    }

    /// Forgets what makes no difference any more, so that equal worlds look equal.
    pub(crate) fn normalise(&mut self) {
        for (slot, row) in self.rows.iter_mut().enumerate() {
            let Some(row) = row else { continue };
            // All that counts of a fence is whether it is the latest one.
            for (_, fence) in self
                .workers
                .iter_mut()
                .flatten()
                .filter(|claim| claim.0 == slot)
            {
                *fence = u8::from(*fence == row.fence);
            }
            row.fence = 1;
            if !row.state.is_unfinished() {
                row.failing = Failing::No;
                row.is_due = false;
            }
            row.is_unconfirmed &= row.state == State::Held;
        }
        self.workers.sort_unstable();
    }

    pub(crate) fn break_if(&mut self, holds: bool, what: &'static str) {
        if holds {
            self.broken.get_or_insert(what);
        }
    }

    /// Gives a report its next state, as a store does.
    pub(crate) fn enter(&mut self, slot: usize, state: State) {
        let row = self.rows[slot].get_or_insert(Row {
            state,
            fence: RANDOM,
            is_due: true,
            failing: Failing::No,
            is_decided: false,
            is_unconfirmed: false,
            is_old: false,
            is_purged: false,
        });
        row.state = state;
        row.is_due = state == State::Received;
    }

    pub(crate) fn grant(&mut self, slot: usize) {
        self.enter(slot, State::Running);
        if let (Some(row), Some(worker)) = (
            self.rows[slot].as_mut(),
            self.workers.iter_mut().find(|worker| worker.is_none()),
        ) {
            row.fence += 1;
            *worker = Some((slot, row.fence));
        }
    }
}
