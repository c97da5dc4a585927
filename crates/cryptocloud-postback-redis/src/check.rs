use cryptocloud_postback_inbox::{StoreError, StoreErrorKind};
use redis::{ErrorKind, RedisResult, Script, ServerErrorKind};

use crate::{RedisStore, durability::Settings, error::Sent};

impl RedisStore {
    /// Checks that the server runs scripts, takes writes and keeps them.
    pub(crate) async fn check_server(&self) -> Result<(), StoreError> {
        let connection = self.connection();
        let info: Option<String> = connection
            .run(Sent::Nothing, async |connection| {
                allowed(redis::cmd("INFO").query_async(connection).await)
            })
            .await?;
        let config = connection
            .run(Sent::Nothing, async |connection| {
                let mut command = redis::cmd("CONFIG");
                command.arg("GET").arg("appendfsync");
                allowed(command.query_async(connection).await)
            })
            .await?;
        let cluster = connection
            .run(Sent::Nothing, async |connection| {
                let mut command = redis::cmd("CLUSTER");
                allowed(command.arg("INFO").query_async(connection).await)
            })
            .await?;
        connection
            .run(Sent::Nothing, async |connection| {
                let probe = Script::new("return 1");
                probe.invoke_async::<_, u8>(connection).await
            })
            .await?;
        let settings = Settings::new([info, cluster], config);
        if settings.is_replica() {
            return Err(StoreError::new(StoreErrorKind::ReadOnly, REPLICA));
        }
        if settings.is_one_of_many() {
            return Err(StoreError::new(StoreErrorKind::Unavailable, CLUSTER));
        }
        self.options().durability.check(&settings)
    }
}

/// `None` if the server denies the command or does not know it.
fn allowed<T>(response: RedisResult<T>) -> RedisResult<Option<T>> {
    match response {
        Err(error) if is_denied(error.kind()) => Ok(None),
        other => other.map(Some),
    }
}

fn is_denied(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::Server(ServerErrorKind::NoPerm | ServerErrorKind::ResponseError)
    )
}

const CLUSTER: &str = "server is one node of a cluster, whose redirections are not followed";
const REPLICA: &str = "server is a replica";
