//! Explores the transition table in full: one payment, two workers, and everything that can go
//! wrong.
//!
//! `world` is the model, `faults` takes one guard after the other out of the table and expects that
//! the checker finds out.

mod faults;
mod world;

use cryptocloud_postback_inbox::{Mode, transition::TABLE};
use stateright::Checker;
use world::{Setup, World};

#[track_caller]
fn explore(setup: Setup) {
    let checker = World::checker(setup).spawn_bfs().join();
    println!("{} states", checker.unique_state_count());
    checker.assert_properties();
}

#[test]
fn direct() {
    explore(Setup::new(TABLE));
}

#[test]
fn store_first() {
    explore(Setup {
        mode: Mode::StoreFirst,
        ..Setup::new(TABLE)
    });
}

#[test]
fn without_transaction_hashes() {
    explore(Setup {
        is_unidentified: true,
        ..Setup::new(TABLE)
    });
}

#[test]
fn no_room_for_the_second_report() {
    explore(Setup {
        capacity: 1,
        ..Setup::new(TABLE)
    });
}
