use cryptocloud_postback_inbox::{InboxStore, State};
use cryptocloud_postback_redis::{Durability, RedisStore, redis::Client};
use throw_away_servers::RedisServer;

use crate::{TestResult, line, program, program::TempFile, report, run};

#[tokio::test]
async fn import() -> TestResult {
    let Some(server) = RedisServer::start() else {
        return Ok(());
    };
    let log = TempFile::new(line(&report("A", "1")?) + &line(&report("B", "2")?));
    let import = |options: &[&str]| {
        let arguments = [&["import", "--json", log.path()], options].concat();
        run(program(&arguments).env("REDIS_URL", server.url()), b"")
    };
    let options = ["--redis-prefix", "x:"];
    assert_eq!(import(&options).json()["stored"], 2);
    assert_eq!(import(&options).json()["known"], 2);

    let store = RedisStore::builder(Client::open(server.url())?)
        .durability(Durability::Unchecked)
        .prefix("x:")
        .connect()
        .await?;
    for (invoice, order) in [("A", "1"), ("B", "2")] {
        let records = store.find("shop", invoice).await?;
        let record = records.first().ok_or("a record")?;
        assert_eq!(record.state, State::Received);
        assert_eq!(record.report, report(invoice, order)?);
    }
    run(program(&["migrate"]).env("REDIS_URL", server.url()), b"")
        .fails("has no tables: your service needs no migration");
    Ok(())
}
