//! The contract on PostgreSQL.

use driver_contract::PostgresShop;
use driver_sea_orm::Orders;

driver_contract::tests!(PostgresShop, Orders::connect);
driver_contract::tests!(
    PostgresShop,
    Orders::connect,
    dropped_handler_is_rolled_back
);
