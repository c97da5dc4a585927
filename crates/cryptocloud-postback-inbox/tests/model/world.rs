//! One payment and all that is stored about it.

use std::hash::Hash;

use cryptocloud_postback_inbox::{
    Event, Mode, Response, State,
    transition::{Fact, Facts, Rule, Step, next_in},
};
use stateright::{CheckerBuilder, Model, Property};

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
const A: usize = 0;
const B: usize = 1;
const RECONCILED: usize = 2;
/// The first fence of a report, which no worker from before has.
const RANDOM: u8 = 7;
const SLOTS: [usize; 3] = [A, B, RECONCILED];

#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) struct World {
    rows: [Option<Row>; 3],
    /// The postback that adopted the reconciled report.
    adopted_by: Option<usize>,
    /// What each worker believes to hold: a report and a fence.
    workers: [Option<(usize, u8)>; 2],
    /// How often the merchant's books were credited.
    credits: u8,
    /// The postbacks that got a 200.
    promised: [bool; 2],
    left: Budget,
    /// What an action has broken that no single state shows.
    broken: Option<&'static str>,
}

#[derive(Clone, Debug, Eq, Hash, PartialEq)]
struct Row {
    state: State,
    fence: u8,
    /// Whether the delay, or while running the lease, is over.
    is_due: bool,
    failing: Failing,
    /// Whether an operator has accepted or retried it.
    is_decided: bool,
    /// Whether it was held because the vendor did not confirm it.
    is_unconfirmed: bool,
    /// Whether the retention is over.
    is_old: bool,
    is_purged: bool,
}

#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
enum Failing {
    No,
    Yes,
    ForTooLong,
}

/// How much of each thing from outside is still to come, so that every run ends.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
struct Budget {
    posts: [u8; 2],
    /// Decisions, failures, faults and reconciliations.
    events: u8,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Action {
    /// A postback arrives and gets its response, unless the process crashes after the COMMIT.
    Post {
        slot: usize,
        crashes: bool,
    },
    Reconcile,
    Claim {
        slot: usize,
    },
    /// A worker settles, or makes another move.
    Finish {
        worker: usize,
        event: Event,
    },
    /// The worker holds the report because the vendor does not confirm it.
    HoldUnconfirmed {
        worker: usize,
    },
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

impl World {
    pub(crate) fn checker(setup: Setup) -> CheckerBuilder<Setup> {
        setup.checker()
    }

    pub(crate) fn broken(&self) -> Option<&'static str> {
        self.broken
    }

    fn facts(&self, setup: &Setup, slot: usize, fence: Option<u8>) -> Facts {
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

    fn state(&self, slot: usize) -> Option<State> {
        self.rows[slot].as_ref().map(|row| row.state)
    }

    fn has(&self, state: State) -> bool {
        self.rows.iter().flatten().any(|row| row.state == state)
    }

    fn blocking(&self) -> usize {
        let blocks = |row: &&Row| row.state.blocks();
        self.rows.iter().flatten().filter(blocks).count()
    }

    /// Whether a worker still holds the report's latest claim.
    fn is_held(&self, slot: usize, fence: u8) -> bool {
        self.workers.contains(&Some((slot, fence)))
    }

    fn free_worker(&self) -> Option<usize> {
        // One is as good as the other.
        self.workers.iter().position(Option::is_none)
    }

    /// The report that a postback is known as.
    fn known_as(&self, slot: usize) -> Option<usize> {
        let adopts = self.rows[RECONCILED].is_some() && self.adopted_by.is_none_or(|by| by == slot);
        match self.rows[slot].is_some() {
            true => Some(slot),
            false => adopts.then_some(RECONCILED),
        }
    }

    /// Whether nobody has to do anything about any report, except an operator.
    fn rests(&self) -> bool {
        self.rows.iter().flatten().all(|row| match row.state {
            State::Done | State::Held | State::Discarded => true,
            State::Conflict => self.blocking() > 0,
            State::Received | State::Running | State::Failed => false,
        })
    }

    /// What becomes less with every move: first what is still to come from outside, then the way of
    /// each report to its end.
    fn measure(&self) -> (u32, u32) {
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
    fn spend(&mut self) -> Option<()> {
        self.left.events = self.left.events.checked_sub(1)?;
        Some(())
    }

    /// Forgets what makes no difference any more, so that equal worlds look equal.
    fn normalise(&mut self) {
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

    fn break_if(&mut self, holds: bool, what: &'static str) {
        if holds {
            self.broken.get_or_insert(what);
        }
    }

    /// Gives a report its next state, as a store does.
    fn enter(&mut self, slot: usize, state: State) {
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

    fn grant(&mut self, slot: usize) {
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
        if known == Some(RECONCILED) {
            world.adopted_by = Some(slot);
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
            let is_promised = Response::of(state, self.mode).status() == 200;
            world.promised[slot] |= is_promised;
            let is_settled = matches!(state, State::Done | State::Held | State::Discarded);
            world.break_if(
                is_promised && !is_settled && self.mode == Mode::Direct,
                "promised what is not settled",
            );
        }
        Some(())
    }

    fn reconcile(&self, world: &mut World) -> Option<()> {
        world.spend()?;
        let is_unconfirmed = |slot: &usize| {
            let row = world.rows[*slot].as_ref();
            row.is_some_and(|row| row.state == State::Held && row.is_unconfirmed)
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
        facts = facts.with(Fact::Blocked, world.blocking() > 0);
        if let Step::Become(state) = next_in(&self.table, None, Event::Reconcile, facts) {
            world.break_if(world.rows[RECONCILED].is_some(), "reconciled twice");
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
            self.is_unidentified && slot != RECONCILED && !before.is_decided,
            "ran without hashes",
        );
        world.grant(slot);
        let row = world.rows[slot].as_mut()?;
        if before.state == State::Running && row.failing == Failing::No {
            row.failing = Failing::Yes;
        }
        Some(())
    }

    fn finish(&self, world: &mut World, worker: usize, event: Event) -> Option<()> {
        let (slot, fence) = world.workers[worker]?;
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
            Event::Settle => world.credits += 1,
            Event::Fail if row.failing == Failing::No => row.failing = Failing::Yes,
            Event::Hold => row.is_unconfirmed = false,
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
                world.adopted_by = world.adopted_by.filter(|_| slot != RECONCILED);
            }
            _ => return None,
        }
        world.break_if(!was_old, "purged before the retention was over");
        Some(())
    }

    fn apply(&self, world: &mut World, action: Action) -> Option<()> {
        match action {
            Action::Post { slot, crashes } => self.post(world, slot, crashes),
            Action::Reconcile => self.reconcile(world),
            Action::Claim { slot } => self.claim(world, slot),
            Action::Finish { worker, event } => {
                if event != Event::Settle && event != Event::Hold {
                    world.spend()?;
                }
                self.finish(world, worker, event)
            }
            Action::HoldUnconfirmed { worker } => {
                let (slot, fence) = world.workers[worker]?;
                let is_running = |row: &Row| row.state == State::Running && row.fence == fence;
                let was_running = world.rows[slot].as_ref().is_some_and(is_running);
                self.finish(world, worker, Event::Hold)?;
                let row = world.rows[slot].as_mut();
                if let Some(row) = row.filter(|row| was_running && row.state == State::Held) {
                    row.is_unconfirmed = true;
                }
                Some(())
            }
            Action::Crash { worker, commits } => {
                world.workers[worker]?;
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

    /// Whether the inbox itself still has something to do, without a new fault or event from
    /// outside.
    fn is_busy(&self, world: &World) -> bool {
        let mut actions = Vec::new();
        self.actions(world, &mut actions);
        actions.into_iter().any(|action| {
            let is_own = matches!(
                action,
                Action::Claim { .. }
                    | Action::Elapse { .. }
                    | Action::Promote { .. }
                    | Action::Finish {
                        event: Event::Settle,
                        ..
                    }
            );
            is_own && self.apply(&mut world.clone(), action).is_some()
        })
    }
}

impl Model for Setup {
    type Action = Action;
    type State = World;

    fn init_states(&self) -> Vec<World> {
        vec![World {
            rows: [None, None, None],
            adopted_by: None,
            workers: [None; 2],
            credits: 0,
            promised: [false; 2],
            left: Budget {
                posts: self.posts,
                events: self.events,
            },
            broken: None,
        }]
    }

    fn actions(&self, world: &World, actions: &mut Vec<Action>) {
        if world.broken.is_some() {
            return;
        }
        actions.push(Action::Reconcile);
        for slot in [A, B] {
            actions.extend([false, true].map(|crashes| Action::Post { slot, crashes }));
        }
        for (slot, row) in world.rows.iter().enumerate() {
            if row.is_some() {
                let decisions = [Event::Accept, Event::Retry, Event::Discard];
                let retention = [Event::Purge, Event::Forget];
                actions.extend(decisions.map(|event| Action::Decide { slot, event }));
                actions.extend(retention.map(|event| Action::Retain { slot, event }));
                actions.extend([
                    Action::Claim { slot },
                    Action::Elapse { slot },
                    Action::GiveUp { slot },
                    Action::Promote { slot },
                    Action::Age { slot },
                ]);
            }
        }
        for (worker, claim) in world.workers.iter().enumerate() {
            if claim.is_some() {
                let moves = Event::ALL.into_iter().filter(|event| event.is_fenced());
                actions.extend(moves.map(|event| Action::Finish { worker, event }));
                actions.push(Action::HoldUnconfirmed { worker });
                actions.extend([false, true].map(|commits| Action::Crash { worker, commits }));
            }
        }
    }

    fn next_state(&self, last: &World, action: Action) -> Option<World> {
        let mut world = last.clone();
        self.apply(&mut world, action)?;
        world.normalise();
        if world.broken.is_none() && world.measure() >= last.measure() {
            world.broken = Some("a move that uses nothing up can be made for ever");
        }
        Some(world)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("a payment is credited once", |_, world: &World| {
                world.credits <= 1
            }),
            Property::always("one report blocks", |_, world: &World| {
                world.blocking() <= 1
            }),
            Property::always("what got a 200 is stored", |_, world: &World| {
                [A, B]
                    .into_iter()
                    .all(|slot| !world.promised[slot] || world.known_as(slot).is_some())
            }),
            // Every move uses something up (`measure`), so every run ends, and it ends here.
            Property::always("nothing is stuck", |setup: &Self, world: &World| {
                world.broken.is_some() || world.rests() || setup.is_busy(world)
            }),
            Property::always("no rule is broken", |_, world: &World| {
                world.broken.is_none()
            }),
            Property::sometimes("a payment is credited", |_, world: &World| {
                world.credits == 1
            }),
        ]
    }
}
