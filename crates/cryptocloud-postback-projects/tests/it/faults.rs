//! What is wrong with a file, in which line, and without a value of the file.

use std::{error::Error, iter};

use cryptocloud_postback_mimic::KEY;
use cryptocloud_postback_projects::{FileError, FileProjects};

use crate::{
    FIRST, SECOND,
    api::{URL, confirming, shop},
    file::Files,
};

#[tokio::test]
async fn of_the_file() {
    let secret = format!("secret = '{FIRST}'");
    let shop = |settings: &str| format!("[projects.shop]\n{settings}");
    let unknown = |name: &str| format!("line 2: unknown setting `{name}`");
    let five = format!("{secret}\nalso_accept = ['{}']", [SECOND; 4].join("', '"));
    for (text, expected) in [
        (String::new(), "file has no project"),
        ("[projects]".into(), "file has no project"),
        (
            shop(""),
            "line 1: project has neither `secret` nor `secret_file`",
        ),
        (
            shop(&format!("{secret}\nsecret_file = 'shop'")),
            "line 1: project has both `secret` and `secret_file`",
        ),
        (shop("secret = 'short'"), "line 2: secret cannot be used"),
        (
            shop(&format!("{secret}\nalso_accept = [\n'{SECOND}',\n'short']")),
            "line 5: secret cannot be used",
        ),
        (
            format!("\n\n{}", shop(&five)),
            "line 3: verifier cannot be built",
        ),
        (
            shop(&format!("secret = '{FIRST}")),
            "line 2: not valid TOML",
        ),
        (
            shop(&format!("{secret}\n{FIRST}")),
            "line 3: not valid TOML",
        ),
        (shop(&format!("{secret}\n{secret}")), TWICE_3),
        (shop(&format!("{secret}\n{}", shop(&secret))), TWICE_3),
        (shop(&format!("secrets = '{FIRST}'")), &unknown("secrets")),
        (
            shop(&format!("\"{}\" = '{FIRST}'", "a ".repeat(100))),
            &unknown(&format!("{}…", "a ".repeat(16))),
        ),
        (
            format!("[project.shop]\n{secret}"),
            "line 1: unknown setting `project`",
        ),
        (secret.clone(), "line 1: unknown setting `secret`"),
        (
            format!("projects = '{FIRST}'"),
            "line 1: `projects` is not a table",
        ),
        (
            format!("[projects]\nshop = '{FIRST}'"),
            "line 2: project is not a table",
        ),
        (
            shop(&format!("{secret}\nrequire_live_payment = '{FIRST}'")),
            "line 3: `require_live_payment` is not true or false",
        ),
        (
            shop(&format!("secret = ['{FIRST}']")),
            "line 2: `secret` is not a string",
        ),
        (
            shop(&format!("{secret}\nalso_accept = '{FIRST}'")),
            "line 3: `also_accept` is not a list of strings",
        ),
        (
            shop(&format!("{secret}\nalso_accept_files = [\n1]")),
            "line 4: `also_accept_files` is not a list of strings",
        ),
        (
            format!("[projects.'my shop']\n{secret}"),
            "line 1: project name cannot be used",
        ),
        (
            shop("secret_file = 'missing'"),
            "line 2: file of `secret_file` cannot be read",
        ),
        (
            shop(&format!("{secret}\nalso_accept_files = ['missing']")),
            "line 3: file of `also_accept_files` cannot be read",
        ),
    ] {
        let error = Files::new(&text).open().await.expect_err("an error");
        assert_eq!(error.to_string(), expected, "{text}");
        for secret in [FIRST, SECOND, "'short'", "my shop"] {
            assert!(!texts(&error).contains(secret), "{error:?}");
        }
    }
}

#[tokio::test]
async fn of_an_api() {
    let directory = tempfile::tempdir().expect("a directory");
    let url = format!("api_url = '{URL}'");
    for (settings, expected) in [
        (
            "",
            "line 1: project needs an API: its inbox confirms payments",
        ),
        (&*url, NO_KEY),
        ("shop_id = 'A'", NO_KEY),
        (
            &format!("{url}\napi_key = '{KEY}'\napi_key_file = 'key'"),
            "line 1: project has both `api_key` and `api_key_file`",
        ),
        (
            &format!("api_key = '{KEY}'"),
            "line 1: project with an API has no `api_url`",
        ),
        (
            &format!("{url}\napi_key = ['{KEY}']"),
            "line 4: `api_key` is not a string",
        ),
        (
            &format!("{url}\napi_key = '{FIRST}'"),
            "line 4: API KEY cannot be used",
        ),
        (
            &format!("{url}\napi_key = '{KEY} '"),
            "line 4: API KEY cannot be used",
        ),
        (
            &format!("{url}\napi_key_file = 'missing'"),
            "line 4: file of `api_key_file` cannot be read",
        ),
        (
            &format!("api_key = '{KEY}'\napi_url = 'https://u:hunter2@a.com'"),
            "line 4: `api_url` cannot be used",
        ),
    ] {
        let error = FileProjects::open(shop(&directory, settings), confirming()).await;
        let error = error.expect_err("an error");
        assert_eq!(error.to_string(), expected, "{settings}");
        for secret in [KEY, FIRST, "hunter2"] {
            assert!(!texts(&error).contains(secret), "{error:?}");
        }
    }
}

/// The error and all its sources.
fn texts(error: &FileError) -> String {
    let first: &dyn Error = error;
    let all = iter::successors(Some(first), |error: &&dyn Error| (*error).source());
    all.map(|error| format!("{error} {error:?} ")).collect()
}

const NO_KEY: &str = "line 1: project with an API has neither `api_key` nor `api_key_file`";
const TWICE_3: &str = "line 3: project or setting is in the file twice";
