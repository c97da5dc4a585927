use std::collections::HashSet;

use cryptocloud_postback::InvoiceId;
use futures_util::{
    StreamExt, TryStreamExt,
    stream::{self, BoxStream},
};
use serde_json::{json, value::RawValue};
use time::Date;

use crate::{Api, ApiError, ApiErrorKind, Invoice, retry::Repeat};

impl Api {
    /// Lists the project's invoices of these days, both included, in UTC.
    ///
    /// It reads page by page, and each invoice is there once.
    /// The order is not documented, so do not rely on it.
    /// Neither the length of a page nor a total is relied on: the list ends at an empty page.
    /// Each page repeats the end of the one before, so invoices that are added or removed meanwhile
    /// make no gap; if a page repeats nothing, the one before it is read again.
    ///
    /// # Errors
    ///
    /// An item is an error of any kind but `Other`: `Endless` after 2,000 pages, or after ten
    /// in which nothing is new. The stream ends after an error.
    #[must_use]
    pub fn list(&self, from: Date, to: Date) -> BoxStream<'static, Result<Invoice, ApiError>> {
        let pages = Pages {
            api: self.clone(),
            from: day(from),
            to: day(to),
            limit_is_last: false,
            offset: 0,
            repeated: 0,
            read: 0,
            seen: HashSet::new(),
            stale: 0,
        };
        stream::try_unfold(pages, Pages::next)
            .map_ok(|invoices| stream::iter(invoices.into_iter().map(Ok)))
            .try_flatten()
            .boxed()
    }
}

/// A position in the vendor's list.
struct Pages {
    api: Api,
    from: String,
    to: String,
    limit_is_last: bool,
    offset: usize,
    /// How many invoices of the page before the next one is to repeat.
    repeated: usize,
    /// The number of pages so far.
    read: usize,
    seen: HashSet<InvoiceId>,
    /// The number of pages since something was new.
    stale: usize,
}

impl Pages {
    async fn next(mut self) -> Result<Option<(Vec<Invoice>, Self)>, ApiError> {
        loop {
            if self.read >= MAX_PAGES || self.stale >= MAX_STALE_PAGES {
                return Err(ApiError::new(ApiErrorKind::Endless));
            }
            let mut page = self.page().await?;
            if page.is_empty() {
                if self.repeated > 0 {
                    self.step_back();
                } else if self.goes_on().await? {
                    self.limit_is_last = true;
                } else {
                    return Ok(None);
                }
                continue;
            }
            let found = page.invoices.len();
            page.invoices
                .retain(|invoice| self.seen.insert(invoice.id().clone()));
            let new = page.invoices.len();
            self.stale = if new == 0 {
                self.stale.saturating_add(1)
            } else {
                0
            };
            if self.repeated > 0 && found > 0 && new == found {
                self.step_back();
            } else {
                self.repeated = if new == 0 { 0 } else { page.elements / 10 };
                let further = page.elements.saturating_sub(self.repeated);
                self.offset = self.offset.saturating_add(further);
            }
            return Ok(Some((page.invoices, self)));
        }
    }

    /// Reads the page before again: more invoices have vanished than this one was to repeat.
    fn step_back(&mut self) {
        self.offset = self.offset.saturating_sub(PAGE);
        self.repeated = self.repeated.min(self.offset);
    }

    /// Whether an empty page is no end: the vendor describes `limit` both as a count and as the
    /// number of the last invoice, and so a limit up to the offset may ask for nothing.
    async fn goes_on(&mut self) -> Result<bool, ApiError> {
        if self.limit_is_last || self.offset < PAGE {
            return Ok(false);
        }
        self.limit_is_last = true;
        let page = self.page().await;
        self.limit_is_last = false;
        match page {
            Ok(page) => Ok(!page.is_empty()),
            // As a count it is too large.
            Err(error) if error.kind() == ApiErrorKind::Rejected => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn page(&mut self) -> Result<Page, ApiError> {
        self.read = self.read.saturating_add(1);
        let first = if self.limit_is_last { self.offset } else { 0 };
        let request = json!({
            "start": self.from,
            "end": self.to,
            "offset": self.offset,
            "limit": first.saturating_add(PAGE),
        });
        let path = "/v2/invoice/merchant/list";
        let body = self.api.call(path, &request, Repeat::Always).await?;
        let elements: Vec<&RawValue> = body.result()?;
        let (invoices, odd) = Invoice::parse_all(&elements);
        if odd > 0 {
            tracing::warn!(odd, "dropped elements of the API's list");
        }
        Ok(Page {
            elements: elements.len(),
            invoices,
        })
    }
}

struct Page {
    /// The number of elements, also of those that are no invoices.
    elements: usize,
    invoices: Vec<Invoice>,
}

impl Page {
    fn is_empty(&self) -> bool {
        self.elements == 0
    }
}

/// `dd.mm.yyyy`
fn day(date: Date) -> String {
    let (year, month, day) = date.to_calendar_date();
    format!("{day:02}.{:02}.{year:04}", u8::from(month))
}

/// The vendor's limit.
const PAGE: usize = 100;
const MAX_PAGES: usize = 2_000;
const MAX_STALE_PAGES: usize = 10;
