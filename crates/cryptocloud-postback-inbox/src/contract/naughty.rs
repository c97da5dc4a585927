use super::{Case, report};
use crate::{Claim, Key, StoreError};

/// What an id may hold: whatever is no control character.
const TEXTS: [&str; 22] = [
    "'",
    "''",
    "\"",
    "`",
    "'; DROP TABLE cryptocloud_inbox; --",
    "a:b",
    "a::b",
    ":",
    "{a}",
    "%s%n",
    "$1",
    "?1",
    "\\",
    "\\0",
    "INV-INV-A",
    " ",
    "A",
    "a",
    "счёт-№1",
    "\u{1f4b8}\u{200f}\u{202e}",
    "null",
    "*",
];

pub(crate) async fn ids(case: &Case) -> Result<(), StoreError> {
    let mut ids: Vec<String> = TEXTS.iter().map(ToString::to_string).collect();
    ids.push("W".repeat(128));
    ids.push("W".repeat(127));
    ids.push("ж".repeat(64));
    for id in &ids {
        case.finish(&case.report(id, 1)).await?;
        assert_eq!(
            case.claim(&case.report(id, 2)).await?,
            Claim::Conflict,
            "{id}"
        );
    }
    for id in &ids {
        assert_eq!(case.claim(&case.report(id, 1)).await?, Claim::Done, "{id}");
    }
    let open = case.open().await?;
    assert_eq!(open.len(), ids.len());
    for id in &ids {
        assert!(open.contains(&case.report(id, 2)), "{id}");
    }
    // Parts do not run into each other.
    for (project, id) in [("a:b", "c"), ("a", "b:c"), ("a'", "c"), ("a", "'c")] {
        let project = format!("{} {project}", case.project);
        case.finish(&report(Key::new(&project, id, "success"), 1, None))
            .await?;
    }
    Ok(())
}

pub(crate) async fn order_ids(case: &Case) -> Result<(), StoreError> {
    let long = "ж\"'\\".repeat(10_000);
    let texts = TEXTS.iter().copied().chain(["", "None", &long]);
    let orders: Vec<Option<&str>> = texts.map(Some).chain([None]).collect();
    for (number, order) in orders.iter().enumerate() {
        let key = Key::new(&case.project, &format!("ID{number}"), "success");
        case.finish(&report(key.clone(), 1, *order)).await?;
        assert_eq!(
            case.claim(&report(key.clone(), 1, *order)).await?,
            Claim::Done
        );
        let later = report(key, 2, *order);
        assert_eq!(case.claim(&later).await?, Claim::Conflict, "{order:?}");
        let kept = case.store().conflict(&(&later).into()).await?;
        assert_eq!(kept.map(|kept| kept.report), Some(later), "{order:?}");
    }
    Ok(())
}
