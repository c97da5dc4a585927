//! The contract on PostgreSQL.

use driver_contract::PostgresShop;
use driver_sea_orm::Orders;

driver_contract::tests!(PostgresShop, Orders::connect);
