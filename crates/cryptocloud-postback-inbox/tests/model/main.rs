//! Explores the transition table in full: one payment, two workers, and everything that can go
//! wrong.
//!
//! `world` is the state, `moves` changes it by the table, `checker` says what must hold, and `faults`
//! takes one guard after the other out of the table and expects the checker to find out.

mod checker;
mod faults;
mod moves;
mod world;

use cryptocloud_postback_inbox::{Mode, transition::TABLE};
use stateright::{Checker, Model};
use world::{A, B, Setup, Vendor};

#[track_caller]
fn explore(setup: Setup) {
    let checker = setup.checker().spawn_bfs().join();
    // So that a mistake in the model does not leave everything out.
    assert!(checker.unique_state_count() > 10_000);
    checker.assert_properties();
}

#[test]
fn direct() {
    explore(Setup::new(TABLE));
}

/// Whichever of the two is genuine, and however often the vendor is down.
#[test]
fn confirmed() {
    for genuine in [A, B] {
        explore(Setup {
            events: 2,
            vendor: Some(Vendor::Paid { genuine }),
            ..Setup::new(TABLE)
        });
    }
}

/// The customer pays later, or never.
#[test]
fn not_paid_yet() {
    explore(Setup {
        vendor: Some(Vendor::Unpaid),
        ..Setup::new(TABLE)
    });
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
