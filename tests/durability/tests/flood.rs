use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use tokio::{sync::RwLock, task::JoinSet};

use crate::{TestResult, books::Books, sender::Response};

/// New payments that keep coming while a test breaks something. Each is sent once.
pub(crate) struct Flood {
    pub(crate) books: Arc<Books>,
    is_over: Arc<AtomicBool>,
    senders: JoinSet<()>,
    /// Where the next postbacks go.
    pub(crate) urls: Arc<RwLock<Vec<String>>>,
}

impl Flood {
    pub(crate) fn start(urls: Vec<String>) -> TestResult<Self> {
        let books = Arc::new(Books::new()?);
        let is_over = Arc::new(AtomicBool::new(false));
        let urls = Arc::new(RwLock::new(urls));
        let next = Arc::new(AtomicUsize::new(0));
        let mut senders = JoinSet::new();
        for _ in 0..SENDERS {
            let (books, urls) = (Arc::clone(&books), Arc::clone(&urls));
            let (is_over, next) = (Arc::clone(&is_over), Arc::clone(&next));
            senders.spawn(async move {
                while !is_over.load(Ordering::Relaxed) {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    send(&books, &urls, number).await;
                }
            });
        }
        Ok(Self {
            books,
            is_over,
            senders,
            urls,
        })
    }

    /// Stops new payments, and waits for the last responses.
    pub(crate) async fn end(self) -> Arc<Books> {
        self.is_over.store(true, Ordering::Relaxed);
        self.senders.join_all().await;
        self.books
    }
}

/// Sends to one process after another, until one accepts the connection.
async fn send(books: &Books, urls: &RwLock<Vec<String>>, number: usize) {
    let invoice = format!("FLOOD{number}");
    for turn in number.. {
        // The lock is held until the response, so that no address changes before.
        let urls = urls.read().await;
        let url = &urls[turn % urls.len()];
        if books.send(url, &invoice).await != Response::Unreached {
            return;
        }
    }
}

const SENDERS: usize = 6;
