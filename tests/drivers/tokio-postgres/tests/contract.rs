//! The contract on PostgreSQL.

use driver_contract::PostgresShop;
use driver_tokio_postgres::Orders;

driver_contract::tests!(PostgresShop, Orders::connect);
driver_contract::tests!(
    PostgresShop,
    Orders::connect,
    dropped_handler_is_rolled_back
);
