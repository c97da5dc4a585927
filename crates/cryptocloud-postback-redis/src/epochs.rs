use std::{
    collections::HashMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

/// What this process has seen of each project, to notice that a server has lost its data.
#[derive(Debug, Default)]
pub(crate) struct Epochs {
    losses: AtomicU64,
    seen: Mutex<HashMap<Box<str>, Seen>>,
}

#[derive(Clone, Debug)]
pub(crate) struct Seen {
    /// A random string that the first script of a project stores.
    pub(crate) epoch: String,
    /// The greatest id of a report.
    pub(crate) last: i64,
}

impl Epochs {
    /// What was seen before a script is sent.
    pub(crate) fn of(&self, project: &str) -> Option<Seen> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.get(project).cloned()
    }

    /// Keeps what a script returned. Responses may be kept in another order than they came in.
    pub(crate) fn keep(&self, project: &str, now: Seen, is_lost: bool) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(before) = seen.get_mut(project) else {
            seen.insert(project.into(), now);
            return;
        };
        if !is_lost {
            if before.epoch == now.epoch {
                before.last = before.last.max(now.last);
            }
            return;
        }
        // Several scripts may have been on their way when the data went.
        if before.epoch == now.epoch && before.last <= now.last {
            return;
        }
        *before = now;
        drop(seen);
        self.losses.fetch_add(1, Ordering::Relaxed);
        tracing::error!(
            project,
            "redis has lost data: payments may be missing, and resends may be credited again"
        );
    }

    pub(crate) fn losses(&self) -> u64 {
        self.losses.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_loss_counts_once() {
        let epochs = Epochs::default();
        let seen = |epoch: &str, last| Seen {
            epoch: epoch.to_owned(),
            last,
        };
        epochs.keep("shop", seen("a", 5), false);
        epochs.keep("shop", seen("a", 4), false);
        assert_eq!(epochs.of("shop").map(|seen| seen.last), Some(5));
        assert_eq!(epochs.losses(), 0);

        epochs.keep("shop", seen("b", 0), true);
        epochs.keep("shop", seen("b", 0), true);
        assert_eq!(epochs.losses(), 1);

        epochs.keep("shop", seen("b", 7), false);
        epochs.keep("shop", seen("b", 6), true);
        assert_eq!(epochs.losses(), 2);
        assert_eq!(epochs.of("shop").map(|seen| seen.last), Some(6));
        assert!(epochs.of("other").is_none());
    }
}
