//! Which moves are possible, and what must always hold.

use cryptocloud_postback_inbox::Event;
use stateright::{Model, Property};

use crate::{
    moves::Action,
    world::{A, B, Budget, Setup, Vendor, World},
};

impl Setup {
    /// Whether the inbox itself still has something to do, without a new fault or event from
    /// outside.
    fn is_busy(&self, world: &World) -> bool {
        let mut actions = Vec::new();
        self.actions(world, &mut actions);
        actions.into_iter().any(|action| {
            let is_own = matches!(
                action,
                Action::Ask { is_down: false, .. }
                    | Action::ResolveConflict { .. }
                    | Action::Claim { .. }
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
            rows: [None, None, None, None],
            adopted_by: [None; 2],
            workers: [None; 2],
            vendor: self.vendor,
            credits: 0,
            promised: [false; 2],
            left: Budget {
                posts: self.posts,
                events: self.events,
                outages: if self.vendor.is_some() { 1 } else { 0 },
            },
            broken: None,
        }]
    }

    fn actions(&self, world: &World, actions: &mut Vec<Action>) {
        if world.broken.is_some() {
            return;
        }
        actions.extend([false, true].map(|is_more| Action::Reconcile { is_more }));
        if world.vendor == Some(Vendor::Unpaid) {
            actions.push(Action::Pay);
        }
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
                if world.is_pointless(slot) {
                    actions.push(Action::ResolveConflict { slot });
                }
            }
        }
        for (worker, claim) in world.workers.iter().enumerate() {
            if claim.is_some() {
                let moves = Event::ALL.into_iter().filter(|event| event.is_fenced());
                actions.extend(moves.map(|event| Action::Finish { worker, event }));
                match world.vendor {
                    None => actions.push(Action::HoldUnconfirmed { worker }),
                    Some(_) => {
                        actions
                            .extend([false, true].map(|is_down| Action::Ask { worker, is_down }));
                    }
                }
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
            Property::always(
                "what the vendor confirms is not held",
                |setup: &Self, world: &World| {
                    let Some(Vendor::Paid { genuine }) = setup.vendor else {
                        return true;
                    };
                    let row = world.rows[genuine].as_ref();
                    row.is_none_or(|row| row.objection.is_none())
                },
            ),
            Property::always("no rule is broken", |_, world: &World| {
                world.broken.is_none()
            }),
            Property::sometimes("a payment is credited", |_, world: &World| {
                world.credits == 1
            }),
        ]
    }
}
