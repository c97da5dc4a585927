//! The document says what the verifier requires, and how it responds.

use cryptocloud_postback::{
    Error, Response, SecretKey, Verifier, openapi,
    testing::{NOW, PostbackBuilder, SignedPostback},
};
use serde_json::{Value, json};

type TestResult = Result<(), Box<dyn std::error::Error>>;

const SECRET: &str = "not-a-real-key-only-for-these-tests";

fn document(path: &str) -> Result<Value, serde_json::Error> {
    serde_json::to_value(openapi::document(path, &[Response::RECEIVED]))
}

#[test]
fn every_response_with_its_headers_and_texts() -> TestResult {
    let document = document("/postback")?;
    let mut described = document["paths"]["/postback"]["post"]["responses"].clone();
    let mut check = |status: &str, headers: Value, name: &str, texts: &[&str]| {
        let response = &mut described[status].take();
        let documented = response["headers"].as_object().into_iter().flatten();
        let documented = documented.map(|(name, header)| {
            assert_eq!(header["required"], true, "{status}: {name}");
            (name.clone(), header["schema"]["enum"].clone())
        });
        assert_eq!(documented.collect::<Value>(), headers, "{status}");
        let schema = &response["content"]["application/json"]["schema"];
        assert_eq!(schema["required"], json!([name]), "{status}");
        assert_eq!(schema["properties"][name]["enum"], json!(texts), "{status}");
    };
    check("200", json!({}), "message", &["Postback received"]);
    let bodies = [
        "Invalid JSON",
        "Invalid body",
        "Invalid form",
        "Missing invoice_id or order_id",
    ];
    check("400", json!({}), "error", &bodies);
    let challenge = json!({"www-authenticate": [r#"Bearer error="invalid_token""#]});
    check("401", challenge, "error", &["Invalid token"]);
    check(
        "405",
        json!({"allow": ["POST"]}),
        "error",
        &["Method not allowed"],
    );
    check("408", json!({}), "error", &["Request timeout"]);
    check("413", json!({}), "error", &["Body too large"]);
    let formats = ["Unsupported content encoding", "Unsupported media type"];
    check("415", json!({}), "error", &formats);
    let settings = [
        "Status not accepted",
        "Test payment not accepted",
        "Test payment not ruled out",
    ];
    check("422", json!({}), "error", &settings);
    check("500", json!({}), "error", &["Internal error"]);

    let rest = described.as_object().ok_or("no responses")?;
    let rest: Vec<_> = rest
        .iter()
        .filter(|(_, response)| !response.is_null())
        .collect();
    assert!(rest.is_empty(), "{rest:?}");
    Ok(())
}

#[test]
fn the_verifier_requires_what_the_schemas_require() -> TestResult {
    let document = document("/postback")?;
    for (schema, sign) in [
        (
            "PostbackJson",
            PostbackBuilder::json as fn(&PostbackBuilder) -> SignedPostback,
        ),
        ("PostbackForm", PostbackBuilder::form),
    ] {
        let schema = &document["components"]["schemas"][schema];
        let properties = schema["properties"].as_object().ok_or("no properties")?;
        let required = schema["required"].as_array().ok_or("none is required")?;
        let full = || PostbackBuilder::new(SECRET).at(NOW).order_id("ORDER_93223");
        assert!(verify(sign(&full())).is_ok());
        for name in properties.keys() {
            let is_required = required.contains(&json!(name));
            let outcome = verify(sign(&full().remove(name)));
            assert_eq!(outcome.is_err(), is_required, "{name}: {outcome:?}");
        }
    }
    Ok(())
}

fn verify(postback: SignedPostback) -> Result<(), Error> {
    let secret = SecretKey::new(SECRET).expect("a key");
    let verifier = Verifier::builder(secret).build().expect("a verifier");
    verifier
        .verify_at(postback.head(), postback.body(), NOW)
        .map(drop)
}

#[test]
fn a_sample_has_no_field_that_is_not_described() -> TestResult {
    let document = document("/postback")?;
    let properties = &document["components"]["schemas"]["PostbackJson"]["properties"];
    let sample = PostbackBuilder::new(SECRET).order_id("ORDER_93223").json();
    let sample: Value = serde_json::from_slice(&sample.body())?;
    for name in sample.as_object().ok_or("not an object")?.keys() {
        assert!(!properties[name].is_null(), "{name}");
    }
    Ok(())
}

#[test]
fn parameters_of_the_path_are_strings() -> TestResult {
    let path = "/{shop}/postback/{project}";
    let document = document(path)?;
    let parameters = &document["paths"][path]["post"]["parameters"];
    let parameter =
        |name| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}});
    assert_eq!(
        *parameters,
        json!([parameter("shop"), parameter("project")])
    );
    Ok(())
}
