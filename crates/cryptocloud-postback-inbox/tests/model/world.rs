//! One payment and all that is stored about it.

use cryptocloud_postback_inbox::{
    HoldKind, Mode, State,
    transition::{Fact, Facts, Rule, is_decided},
};

/// What a run of the checker explores.
#[derive(Clone)]
pub(crate) struct Setup {
    /// Whether workers ask the vendor, if there is one.
    pub(crate) asks: bool,
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
    /// The vendor that is asked before a report is handled. Without one, any report can turn out to be
    /// unconfirmed.
    pub(crate) vendor: Option<Vendor>,
}

/// What the vendor states.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Vendor {
    /// The invoice is not paid.
    Unpaid,
    /// It is paid, and one of the two postbacks agrees with that.
    Paid { genuine: usize },
}

impl Vendor {
    /// Whether it confirms a report. It made those from reconciliation itself.
    pub(crate) fn confirms(self, slot: usize) -> bool {
        match self {
            Self::Unpaid => false,
            Self::Paid { genuine } => slot == genuine || slot >= RECONCILED,
        }
    }

    /// How a report is held that it does not confirm.
    pub(crate) fn objection(self) -> HoldKind {
        match self {
            Self::Unpaid => HoldKind::Unconfirmed,
            Self::Paid { .. } => HoldKind::Differs,
        }
    }
}

impl Setup {
    pub(crate) fn new(table: &[Rule]) -> Self {
        Self {
            asks: true,
            capacity: 3,
            events: 3,
            is_unidentified: false,
            mode: Mode::Direct,
            posts: [2, 1],
            table: table.to_vec(),
            vendor: None,
        }
    }
}

/// The reports of the payment: two postbacks with differing fields, and from reconciliation the
/// payment and the rest of it.
pub(crate) const A: usize = 0;
pub(crate) const B: usize = 1;
pub(crate) const RECONCILED: usize = 2;
pub(crate) const REST: usize = 3;
/// The first fence of a report, which no worker from before has.
pub(crate) const RANDOM: u8 = 7;
pub(crate) const SLOTS: [usize; 4] = [A, B, RECONCILED, REST];

#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) struct World {
    pub(crate) rows: [Option<Row>; 4],
    /// The postbacks that adopted the reconciled report and the rest.
    pub(crate) adopted_by: [Option<usize>; 2],
    /// What each worker believes to hold.
    pub(crate) workers: [Option<Claim>; 2],
    pub(crate) vendor: Option<Vendor>,
    /// How often the merchant's books were credited.
    pub(crate) credits: u8,
    /// The postbacks that got a 200.
    pub(crate) promised: [bool; 2],
    pub(crate) left: Budget,
    /// What an action has broken that no single state shows.
    pub(crate) broken: Option<&'static str>,
}

#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) struct Claim {
    pub(crate) slot: usize,
    pub(crate) fence: u8,
    /// Whether the vendor has confirmed it since.
    pub(crate) is_confirmed: bool,
}

#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) struct Row {
    pub(crate) state: State,
    pub(crate) fence: u8,
    /// Whether the delay, or while running the lease, is over.
    pub(crate) is_due: bool,
    pub(crate) failing: Failing,
    /// Whether an operator has accepted it.
    pub(crate) is_accepted: bool,
    /// Whether an operator has accepted or retried it.
    pub(crate) is_decided: bool,
    /// How it is held, if the vendor did not confirm it.
    pub(crate) objection: Option<HoldKind>,
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
    /// How often the vendor cannot be asked.
    pub(crate) outages: u8,
}

impl World {
    pub(crate) fn facts(&self, setup: &Setup, slot: usize, fence: Option<u8>) -> Facts {
        let row = self.rows[slot].as_ref();
        let others = SLOTS.into_iter().filter(|other| *other != slot);
        let mut states = others.filter_map(|other| self.state(other));
        let is = |test: fn(&Row) -> bool| row.is_some_and(test);
        let is_postback = slot < RECONCILED;
        let reconciled = [&self.rows[RECONCILED], &self.rows[REST]];
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
            .with(
                Fact::Reconciled,
                reconciled.into_iter().any(Option::is_some),
            )
            .with(Fact::Stale, row.map(|row| row.fence) != fence)
            .with(Fact::StoreFirst, setup.mode == Mode::StoreFirst)
            .with(
                Fact::Unconfirmed,
                is(|row| row.objection == Some(HoldKind::Unconfirmed)),
            )
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

    /// Whether operators have decided about every report.
    pub(crate) fn is_decided(&self) -> bool {
        let mut rows = self.rows.iter().flatten();
        rows.all(|row| is_decided(row.state, row.is_accepted))
    }

    /// Whether a worker still holds the report's latest claim.
    pub(crate) fn is_held(&self, slot: usize, fence: u8) -> bool {
        let mut claims = self.workers.iter().flatten();
        claims.any(|claim| (claim.slot, claim.fence) == (slot, fence))
    }

    pub(crate) fn free_worker(&self) -> Option<usize> {
        // One is as good as the other.
        self.workers.iter().position(Option::is_none)
    }

    /// The report that a postback is known as.
    pub(crate) fn known_as(&self, slot: usize) -> Option<usize> {
        let adopts = |reconciled: &usize| {
            let by = self.adopted_by[reconciled - RECONCILED];
            self.rows[*reconciled].is_some() && by.is_none_or(|by| by == slot)
        };
        // What it has adopted before comes first.
        let adopted = |reconciled: &usize| self.adopted_by[reconciled - RECONCILED] == Some(slot);
        let reconciled = || [RECONCILED, REST].into_iter().filter(adopts);
        let known = reconciled().find(adopted).or_else(|| reconciled().next());
        if self.rows[slot].is_some() {
            Some(slot)
        } else {
            known
        }
    }

    /// Whether the vendor confirms another report of the payment, which is done, and which no operator
    /// has accepted.
    pub(crate) fn is_pointless(&self, slot: usize) -> bool {
        let Some(row) = &self.rows[slot] else {
            return false;
        };
        let waits = row.state == State::Conflict || row.objection.is_some();
        let is_right = |done: usize| {
            let row = self.rows[done].as_ref();
            let is_done = row.is_some_and(|row| row.state == State::Done);
            let is_accepted = row.is_some_and(|row| row.is_accepted);
            let confirms = |vendor: Vendor| vendor.confirms(done);
            is_done && !is_accepted && self.vendor.is_some_and(confirms)
        };
        self.vendor.is_some() && waits && SLOTS.into_iter().any(is_right)
    }

    /// Whether the inbox has nothing left to do: every report is final, or waits for an operator.
    pub(crate) fn rests(&self) -> bool {
        SLOTS.into_iter().all(|slot| match self.state(slot) {
            None | Some(State::Done | State::Discarded) => true,
            Some(State::Held) => !self.is_pointless(slot),
            Some(State::Conflict) => self.blocking() > 0 && !self.is_pointless(slot),
            Some(State::Received | State::Running | State::Failed) => false,
        })
    }

    /// What becomes less with every move: first what is still to come from outside, then the way of
    /// each report to its end.
    pub(crate) fn measure(&self) -> (u32, u32) {
        let [a, b] = self.left.posts;
        let outside = [a, b, self.left.events, self.left.outages];
        let way = SLOTS.into_iter().filter_map(|slot| {
            let row = self.rows[slot].as_ref()?;
            Some(match row.state {
                State::Conflict => 20,
                State::Received | State::Failed if !row.is_due => 16,
                State::Received | State::Failed => 14,
                State::Running if row.is_due => 11,
                State::Running if self.is_held(slot, row.fence) => 8,
                State::Running => 13,
                State::Held => 5,
                _ if row.is_purged => 2,
                _ if row.is_old => 3,
                _ => 4,
            })
        });
        let claims = self.workers.iter().flatten();
        let busy = claims.map(|claim| if claim.is_confirmed { 1 } else { 2 });
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
            let claims = self.workers.iter_mut().flatten();
            for claim in claims.filter(|claim| claim.slot == slot) {
                claim.fence = u8::from(claim.fence == row.fence);
            }
            row.fence = 1;
            if !row.state.is_unfinished() {
                row.failing = Failing::No;
                row.is_due = false;
            }
            row.objection = row.objection.filter(|_| row.state == State::Held);
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
            is_accepted: false,
            is_decided: false,
            objection: None,
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
            *worker = Some(Claim {
                slot,
                fence: row.fence,
                is_confirmed: false,
            });
        }
    }
}
