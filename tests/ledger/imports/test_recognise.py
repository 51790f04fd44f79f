"""Every header that is known is recognised, whatever stands around it; near-identical ones are told apart."""

from __future__ import annotations

import pytest

from ledger.imports import formats
from ledger.imports.formats.base import Format
from ledger.imports.recognise import best, direction_in, match_of, matches, zone_in_name
from ledger.imports.tables import names_of

CASES = """
coinbase: ID,Timestamp,Transaction Type,Asset,Quantity Transacted,Price Currency,Price at Transaction,Subtotal,Total (inclusive of fees and/or spread),Fees and/or Spread,Notes
coinbase: ID,Timestamp,Transaction Type,Asset,Quantity Transacted,Price Currency,Price at Transaction,Subtotal,Total (inclusive of fees and/or spread),Fees and/or Spread,Notes,Sender Address,Recipient Address
coinbase: Timestamp,Transaction Type,Asset,Quantity Transacted,Spot Price Currency,Spot Price at Transaction,Subtotal,Total (inclusive of fees and/or spread),Fees and/or Spread,Notes
coinbase: Timestamp,Transaction Type,Asset,Quantity Transacted,EUR Spot Price at Transaction,EUR Subtotal,EUR Total (inclusive of fees),EUR Fees,Notes
coinbase_2018: Timestamp,Transaction Type,Asset,Quantity Transacted,EUR Spot Price at Transaction,EUR Amount Transacted (Inclusive of Coinbase Fees),Address,Notes
coinbase: Timestamp,Transaction Type,Asset,Quantity Transacted,USD Spot Price at Transaction,Subtotal,Total (inclusive of fees),Notes
coinbase_accounts: Timestamp,Balance,Amount,Currency,To,Notes,Instantly Exchanged,Transfer Total,Transfer Total Currency,Transfer Fee,Transfer Fee Currency,Transfer Payment Method,Transfer ID,Order Price,Order Currency,Order BTC,Order Tracking Code,Order Custom Parameter,Order Paid Out,Recurring Payment ID,Coinbase ID (visit https://www.coinbase.com/transactions/[ID] in your browser),Bitcoin Hash (visit https://www.coinbase.com/tx/[HASH] in your browser for more info)
coinbase_pro: portfolio,type,time,amount,balance,amount/balance unit,transfer id,trade id,order id
coinbase_pro: Portfolio,Type,Timestamp,Amount,Balance,Amount/Balance Unit,Transfer ID,Trade ID,Order ID
coinbase_pro_fills: trade id,product,side,created at,size,size unit,price,fee,total,price/fee/total unit
coinbase_pro_fills: portfolio,trade id,product,side,created at,size,size unit,price,fee,total,price/fee/total unit
kraken_ledgers: txid,refid,time,type,subtype,aclass,subclass,asset,wallet,amount,fee,balance
kraken_ledgers: txid,refid,time,type,subtype,aclass,asset,wallet,amount,fee,balance,amountusd
kraken_ledgers: txid,refid,time,type,subtype,aclass,asset,amount,fee,balance
kraken_trades: txid,ordertxid,pair,time,type,ordertype,price,cost,fee,vol,margin,misc,ledgers
binance_statement: User_ID,UTC_Time,Account,Operation,Coin,Change,Remark
binance_statement: User ID,Time,Account,Operation,Coin,Change,Remark
binance_trades: Date(UTC),Pair,Side,Price,Executed,Amount,Fee
binance_trades: Time,Pair,Side,Price,Executed,Amount,Fee
binance_trades: Order No,Time,Pair,Side,Price,Executed,Amount,Fee,AOR Conversion Pair,AOR Conversion Rate
binance_deposits: Time,Coin,Network,Amount,Address,TXID,Status
binance_withdrawals: Time,Coin,Network,Amount,Fee,Address,TXID,Status
binance_money: Time,Coin,Amount,Status,Payment Method,Indicated Amount,Fee,Order ID
binance_trades_old: Date(UTC),Market,Type,Price,Amount,Total,Fee,Fee Coin
binance_deposits: Date(UTC+0),Coin,Network,Amount,Address,TXID,Status
binance_withdrawals: Date(UTC+0),Coin,Network,Amount,Fee,Address,TXID,Status
binance_movements_old: Date(UTC),Coin,Network,Amount,TransactionFee,Address,TXID,SourceAddress,PaymentID,Status
binance_money: Date(UTC+8),Coin,Amount,Status,Payment Method,Indicated Amount,Fee,Order ID
binance_conversions: Date,Wallet,Pair,Type,Sell,Buy,Price,Inverse Price,Date Updated,Status
binance_distributions: Date(UTC),type,Amount,Asset,Symbol,Transaction ID
binance_auto_invest: Auto-Invest Date(UTC),Holding Coin,Amount per period,Trading Fee,Units,From,Status
binance_eth_staking: Date(UTC),Coin,Token,Amount,Status
binanceus: User ID,Time,Category,Operation,Order ID,Transaction ID,Primary Asset,Realized Amount For Primary Asset,Realized Amount for Primary Asset in USD,Base Asset,Realized Amount For Base Asset,Realized Amount For Base Asset In USD,Quote Asset,Realized Amount for Quote Asset,Realized Amount for Quote Asset in USD,Fee Asset,Realized Amount for Fee Asset,Realized Amount for Fee Asset in USD,Payment Method,Withdraw Method,Additional Note
binanceus: User_Id,Time,Category,Operation,Order_Id,Transaction_Id,Primary_Asset,Realized_Amount_For_Primary_Asset,Realized_Amount_For_Primary_Asset_In_USD_Value,Base_Asset,Realized_Amount_For_Base_Asset,Realized_Amount_For_Base_Asset_In_USD_Value,Quote_Asset,Realized_Amount_For_Quote_Asset,Realized_Amount_For_Quote_Asset_In_USD_Value,Fee_Asset,Realized_Amount_For_Fee_Asset,Realized_Amount_For_Fee_Asset_In_USD_Value,Payment_Method,Withdrawal_Method,Additional_Note
gemini: Date,Time (UTC),Type,Symbol,Specification,Liquidity Indicator,Trading Fee Rate (bps),USD Amount USD,Fee (USD) USD,USD Balance USD,Trade ID,Order ID,Order Date,Order Time,Client Order ID,API Session,Tx Hash,Deposit Destination,Deposit Tx Output,Withdrawal Destination,Withdrawal Tx Output
kucoin_fills: UID,Account Type,Order ID,Symbol,Side,Order Type,Avg. Filled Price,Filled Amount,Filled Volume,Filled Volume (USDT),Filled Time(UTC+08:00),Fee,Tax,Maker/Taker,Fee Currency,Account Mode
kucoin_orders: UID,Account Type,Order ID,Order Time(UTC+08:00),Symbol,Side,Order Type,Order Price,Order Amount,Avg. Filled Price,Filled Amount,Filled Volume,Filled Volume (USDT),Filled Time(UTC+08:00),Fee,Fee Currency,Tax,Status,Account Mode
kucoin_deposits: UID,Account Type,Time(UTC+02:00),Coin,Amount,Fee,Hash,Deposit Address,Transfer Network,Status,Remarks
kucoin_withdrawals: UID,Account Type,Time\uff08UTC+02:00\uff09,Coin,Amount,Fee,Hash,Withdrawal Address/Account,Transfer Network,Status,Remarks,
kucoin_history: UID,Account Type,Currency,Side,Amount,Fee,Time(UTC-03:30),Remark,Type
kucoin_deposits: UID,Account Type,Time(UTC+02:00),Coin,Amount,Fee,Transfer Network,Status,Remarks
kucoin_deposits: UID,Account Type,Time(UTC+02:00),Remarks,Status,Fee,Amount,Coin,Transfer Network
kucoin_withdrawals: UID,Account Type,Time,Coin,Amount,Fee,Withdrawal Address/Account,Transfer Network,Status,Remarks
kucoin_withdrawals: UID,Account Type,Time(UTC-03:00),Remarks,Status,Fee,Amount,Coin,Transfer Network,Withdrawal Address/Account
kucoin_conversions: UID,Account Type,Payment Account,Sell,Buy,Price,Tax,Time of Update(UTC),Status
kucoin_earn_profits: UID,Account Type,Order ID,Time(UTC+02:00),Staked Coin,Product Type,Product Name,Earnings Coin,Earnings Type,Remarks,Amount,Amount\uff08USDT\uff09,Fee
kucoin_positions: UID,Account Type,Symbol,Close Type,Realized PNL,Total Realized PNL,Total Funding Fees,Total Trading Fees,Position Opening Time(UTC+02:00),Position Closing Time(UTC+02:00)
kucoin_trades_2019: oid,symbol,dealPrice,dealValue,amount,fee,direction,createdDate,
kucoin_trades_2018: uid,symbol,order_type,price,amount_coin,direction,funds,fee,created_at
kucoin_trades_2018: uid,symbol,direction,deal_price,amount,deal_value,created_at
kucoin_movements_2018: coin_type,type,add,hash,vol,created_at
kucoin_trades_old: tradeCreatedAt,orderId,symbol,side,price,size,funds,fee,liquidity,feeCurrency,orderType
kucoin_trades_old: tradeCreatedAt,symbol,side,price,size,funds,fee,feeCurrency
kucoin_trades_oldest: Time,Pair,Side,FilledPrice,FilledPriceCoin,Amount,AmountCoin,Volume,VolumeCoin,Fee,FeeCoin
okx_trading: \ufeffid,Order id,Time,Trade Type,Instrument,Type,Amount,Unit,PL,Fee,Position Change,Position Balance,Balance Change,Balance,Unit
okx_funding: id,Time,Type,Amount,Before Balance,After Balance,Fee,Symbol
binance_movements_old: Date(UTC),Coin,Amount,TransactionFee,Address,TXID,SourceAddress,PaymentID,Status
binance_conversions: Date,Pair,Type,Sell,Buy,Price,Inverse Price,Date Updated,Status
okx_funding: id,Time,Type,Amount,Before Balance,After Balance,Symbol
okx_trading: id,Order id,Time,Trade Type,Symbol,Action,Amount,Trading Unit,Filled Price,PnL,Fee,Fee Unit,Position Change,Position Balance,Balance Change,Balance,Balance Unit
bybit_unified: Uid,Currency,Contract,Type,Direction,Quantity,Position,Filled Price,Funding,Fee Paid,Cash Flow,Change,Wallet Balance,Action,Time(UTC)
bybit_unified: Currency,Contract,Type,Direction,Quantity,Position,Filled Price,Funding,Fee Paid,Cash Flow,Change,Wallet Balance,Action,OrderId,TradeId,Time
bybit_unified: Currency,Contract,Type,Direction,Quantity,Position,Filled Price,Funding,Fee Paid,Cash Flow,Change,Wallet Balance,Action,OrderId,TradedTime
bybit_spot_fills: Uid,Spot Pairs,Order Type,Direction,Filled Value,Filled Price,Filled Quantity,Fees,Transaction ID,Order No.,Timestamp (UTC+0)
bybit_spot_fills: Spot Pairs,Order Type,Direction,feeCoin,ExecFeeV2,Filled Value,Filled Price,Filled Quantity,Fees,Transaction ID,Order No.,Timestamp (UTC)
bybit_spot_fills: Filled Time (Local Time),Spot Pairs,Order Type,Direction,Filled Value,Filled Price,Filled Quantity,Fees,Transaction ID,Order No.,Timestamp (UTC)
bybit_assets: Uid,Date & Time(UTC),Coin,QTY,Type,Account Balance,Description
bybit_history_old: Uid,Type,Coin,Amount,Wallet Balance,Time(UTC)
bybit_unified: Time,Currency,Contract,Type,Direction,Quantity,Position,Filled Price,Funding,Fee Paid,Cash Flow,Change,Wallet Balance,Fee Rate,Trade ID,Order ID
bybit_assets: Date & Time(UTC),Coin,QTY,Type,Account Balance,Description
bybit_history_old: Type,Coin,Amount,Wallet Balance,Time(UTC)
bitstamp: ID,Account,Type,Subtype,Datetime,Amount,Amount currency,Value,Value currency,Rate,Rate currency,Fee,Fee currency,Order ID
bitstamp_old: Type,Datetime,Account,Amount,Value,Rate,Fee,Sub Type
bitfinex_trades: #,PAIR,AMOUNT,PRICE,FEE,FEE PERC,FEE CURRENCY,DATE,ORDER ID
bitfinex_movements: #,DATE,CURRENCY,STATUS,AMOUNT,FEES,DESCRIPTION,TRANSACTION ID,NOTE
bitfinex_movements: #,STARTED,UPDATED,CURRENCY,STATUS,AMOUNT,FEES,DESCRIPTION,TRANSACTION ID,NOTE
bitfinex_ledger: DESCRIPTION,CURRENCY,AMOUNT,BALANCE,DATE,WALLET
bitfinex_ledger: #,DESCRIPTION,CURRENCY,AMOUNT,BALANCE,DATE,WALLET
cryptocom_app: Timestamp (UTC),Transaction Description,Currency,Amount,To Currency,To Amount,Native Currency,Native Amount,Native Amount (in USD),Transaction Kind,Transaction Hash
cryptocom_app: Timestamp (UTC),Transaction Description,Currency,Amount,To Currency,To Amount,Native Currency,Native Amount,Native Amount (in USD),Transaction Kind
cryptocom_journal: Journal ID,Time (UTC),Event Date,Journal Type,Instrument,Taker Side,Side,Transaction Quantity,Transaction Cost,Realized PNL,Order ID,Trade ID,Trade Match ID,Client Order Id,
cryptocom_journal: Order,Journal ID,Time (UTC),Event Date,Journal Type,Instrument,Taker Side,Side,Transaction Quantity,Transaction Cost,USD Balance,Realized PNL,Order ID,Trade ID,Trade Match ID,Client Order Id
cryptocom_trades: Order ID,Trade ID,Time (UTC),Symbol,Side,Trade Price,Trade Amount,Volume of Business,Fee,Fee Currency
cryptocom_trades_old: account_type,order_id,trade_id,create_time_utc,symbol,side,liquditiy_indicator,traded_price,traded_quantity,fee,fee_currency
gate: no,time,action_desc,action_data,type,change_amount,amount,total
uphold: Date,Destination,Destination Amount,Destination Currency,Fee Amount,Fee Currency,Id,Origin,Origin Amount,Origin Currency,Status,Type
uphold_old: date,id,type,value_in_EUR,commission_in_EUR,pair,rate,origin_currency,origin_amount,origin_commission,destination_currency,destination_amount,destination_commission
bitpanda: Transaction ID,Timestamp,Transaction Type,In/Out,Amount Fiat,Fiat,Amount Asset,Asset,Asset market price,Asset market price currency,Asset class,Product ID,Fee,Fee asset,Spread,Spread Currency,Tax Fiat
bitpanda_old: ID,Type,In/Out,Amount Fiat,Fee,Fiat,Amount Asset,Asset,Status,Created at
gate_trades: No,Time,Trade type,Role,Market,Deal price,Deal amount,Total,Fee
gate_deposits: Order ID,Time,Address,TxID,Coin,Amount,Status
gate_withdrawals: Order ID,Time,Network,Address,Address Name,TxID,Coin,Amount,Trading Fee,Amount Received,Status
mexc_trades: UID,Pairs,Time,Side,Filled Price,Executed Amount,Total,Fee,Role
mexc_trades: Pairs,Time,Side,Filled Price,Executed Amount,Total,Fee,Role
mexc_orders: UID,Pairs,Time,Type,Direction,Average Filled Price,Order Price,Filled Quantity,Order Quantity,Order Amount,Status
mexc_orders: Pairs,Time,Type,Direction,Average Filled Price,Order Price,Filled Quantity,Order Quantity,Order Amount,Status
mexc_deposits: UID,Status,Time,Crypto,Network,Deposit Amount,TxID,Progress
mexc_withdrawals: UID,Status,Time,Crypto,Network,Request Amount,Withdrawal Address,memo,TxID,Trading Fee,Settlement Amount,Withdrawal Descriptions
robinhood: UUID,Time Entered,Symbol,Side,Quantity,State,Order Type,Leaves Quantity,Entered Price,Average Price,Notional
cashapp: Date,Transaction ID,Transaction Type,Currency,Amount,Fee,Net Amount,Asset Type,Asset Price,Asset Amount,Status,Notes,Name of sender/receiver,Account
paypal: DateTime,Transaction Type,Asset In (Quantity),Asset In (Currency),Asset Out (Quantity),Asset Out (Currency),Transaction Fee (Quantity),Transaction Fee (Currency),Market Value (USD)
revolut: Symbol,Type,Quantity,Price,Value,Fees,Date
revolut_old: Type,Product,Started Date,Completed Date,Description,Amount,Currency,Fiat amount,Fiat amount (inc. fees),Fee,Base currency,State,Balance
nexo: Transaction,Type,Input Currency,Input Amount,Output Currency,Output Amount,USD Equivalent,Details,Outstanding Loan,Date / Time
nexo_old: Transaction,Type,Currency,Amount,USD Equivalent,Details,Outstanding Loan,Date / Time
nexo_old: Transaction,Type,Currency,Amount,Details,Outstanding Loan,Date / Time
nexo: Transaction,Type,Input Currency,Input Amount,Output Currency,Output Amount,USD Equivalent,Fee,Fee Currency,Details,Date / Time (UTC)
ledger_live: Operation Date,Status,Currency Ticker,Operation Type,Operation Amount,Operation Fees,Operation Hash,Account Name,Account xpub,Countervalue Ticker,Countervalue at Operation Date,Countervalue at CSV Export
bitvavo: Timezone,Date,Time,Type,Currency,Amount,Price (EUR),EUR received / paid,Fee currency,Fee amount,Status,Transaction ID,Address
bitvavo: Timezone,Date,Time,Type,Currency,Amount,Quote Currency,Quote Price,Received / Paid Currency,Received / Paid Amount,Fee currency,Fee amount,Status,Transaction ID,Address
"""  # noqa: E501 - header lines as they are
HEADERS = [tuple(case.split(": ", 1)) for case in CASES.strip().splitlines()]


@pytest.mark.parametrize(("name", "header"), HEADERS)
def test_every_header_is_recognised(name, header):
    match = best(names_of(header.split(",")))
    assert match.form.name == name
    assert match.reasons()


@pytest.mark.parametrize(("name", "header"), HEADERS)
def test_a_column_that_an_exchange_adds_changes_nothing(name, header):
    assert best(names_of([*header.split(","), "Something new"])).form.name == name


def test_unknown_columns_are_nobodys():
    assert best(("When", "What", "How much")) is None


def test_of_headers_that_begin_alike_the_one_with_more_columns_counts():
    voyager = Format("v", "", "V", columns={"id": "id", "asset": "asset"}, read_cells=lambda _: [])
    ledger = Format("c", "", "C", columns={**voyager.columns, "account": "account name"}, read_cells=lambda _: [])
    both = [match_of(form, ("Id", "Asset", "Account Name"), "") for form in (voyager, ledger)]
    assert max(both, key=lambda match: match.rank).form is ledger
    assert match_of(ledger, ("Id", "Asset"), "") is None


def test_a_files_name_counts_only_where_columns_do_not():
    names = names_of(["Date(UTC+0)", "Coin", "Network", "Amount", "Fee", "Address", "TXID", "Status"])
    found = matches(names, "Export deposit history.csv")
    assert [match.form.name for match in found] == ["binance_withdrawals", "binance_deposits"]
    assert found[1].reasons()[-1] == "The file's name says so too."


@pytest.mark.parametrize(
    ("name", "direction"),
    [
        ("Deposit_History.csv", "deposit"),
        ("export-withdrawals.xlsx", "withdrawal"),
        ("deposits and withdrawals.csv", ""),
        ("a.csv", ""),
    ],
)
def test_a_files_name_may_say_which_way(name, direction):
    assert direction_in(name) == direction


@pytest.mark.parametrize(
    ("name", "zone"),
    [
        ("Binance-Spot-Trade-History-202604201027(UTC+7).csv", "UTC+7"),
        ("Binance-Deposit-History-202603230411(UTC--6)_abcd.csv", "UTC-6"),
        ("Binance-Transaction-History-202603230400(UTC+5:30).zip", "UTC+5:30"),
        ("history(UTC).csv", "UTC"),
        ("history(UTC-6).csv", ""),  # of one minus it is not known whether it is one
        ("history(UTC+99).csv", ""),
        ("history.csv", ""),
    ],
)
def test_a_files_name_may_say_the_zone(name, zone):
    assert zone_in_name(name) == zone


def test_names_of_formats_fit_where_rows_keep_them():
    assert all(len(name) <= 32 for name in formats.every())
    assert all(form.title and form.columns for form in formats.every().values())


@pytest.mark.parametrize(("name", "header"), HEADERS)
def test_columns_are_known_in_any_order(name, header):
    """A stored row has forgotten the order that its file had."""
    names, form = names_of(header.split(",")), formats.every()[name]
    assert form.match(tuple(sorted(names))) == form.match(names)
