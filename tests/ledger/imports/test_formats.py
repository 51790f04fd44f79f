"""What lines of each exchange's files mean: small files of ours, with the quirks of theirs, added up by hand."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ledger.imports.formats.base import Failure, Read, Skip
from ledger.readings.base import Kind, Worth
from tests.ledger.imports.files import amounts, net, read, readings, results, text

# name -> (header, lines, what is said beside, what moved)
FILES = {
    "coinbase: every way of trading, signs as they come": (
        ("ID,Timestamp,Transaction Type,Asset,Quantity Transacted,Price Currency,Price at Transaction,Subtotal,"
        "Total (inclusive of fees and/or spread),Fees and/or Spread,Notes"),
        "a1,2024-03-01 10:00:00 UTC,Advanced Trade Buy,BTC,0.1,EUR,€50000,€5000,€5010,€10,Bought 0.1 BTC for 5010 EUR",
        "a2,2024-03-02 10:00:00 UTC,Advance Trade Sell,BTC,-0.02,EUR,€50000,€1000,€998,€2,",
        "a3,2024-03-03 10:00:00 UTC,Convert,BTC,-0.01,EUR,€50000,€500,€505,,Converted 0.01 BTC to 0.2 ETH",
        "a4,2024-03-04 10:00:00 UTC,Retail Staking Transfer,ETH,0.2,EUR,€2500,€500,€500,,",
        "a5,2024-03-05 10:00:00 UTC,Send,ETH,0.05,EUR,€2500,€125,€125,,Sent",
        "a6,2024-03-06 10:00:00 UTC,Pro Deposit,BTC,-0.01,EUR,€50000,€500,€500,,",
        "",
        {},
        amounts(BTC="0.06", EUR="-4012", ETH="0.15"),
    ),
    "coinbase: what was paid with stands in the notes, and columns are in the account's own currency": (
        ("ID,Timestamp,Transaction Type,Asset,Quantity Transacted,Price Currency,Price at Transaction,Subtotal,"
        "Total (inclusive of fees and/or spread),Fees and/or Spread,Notes"),
        ("b1,2024-03-01 10:00:00 UTC,Advanced Trade Buy,ETH,0.5,GBP,£1440,£720,£724.32,£4.32,"
         "Bought 0.5 ETH for 905.4 USDC on ETH-USDC at 1800 USDC/ETH"),
        ("b2,2024-03-02 10:00:00 UTC,Advanced Trade Sell,ETH,-0.2,GBP,£1600,£320,£318.08,£1.92,"
         "Sold 0.2 ETH for 397.6 USDC on ETH-USDC at 2000 USDC/ETH"),
        ("b3,2024-03-03 10:00:00 UTC,Advance Trade Buy,BTC,0.3,GBP,£800,£240,£240,£0,"
         "Bought 0.3 BTC for 299.99 USDC on BTC-USDC at 1000 USDC/BTC"),
        "b4,2024-03-04 10:00:00 UTC,Buy,BTC,0.1,GBP,£800,£80,£81,£1,Bought 0.1 BTC for £81.00 GBP",
        "b5,2024-03-05 10:00:00 UTC,Buy,BTC,0.1,GBP,£800,£80,£81,£1,Bought 0.1 BTC for £81.00 using a card",
        {},
        amounts(ETH="0.3", BTC="0.5", USDC="-807.79", GBP="-162"),
    ),
    "coinbase: a coin that becomes another in two lines, and savings, which stay": (
        ("ID,Timestamp,Transaction Type,Asset,Quantity Transacted,Price Currency,Price at Transaction,Subtotal,"
        "Total (inclusive of fees and/or spread),Fees and/or Spread,Notes"),
        "d1,2024-10-14 10:00:00 UTC,Asset Migration,MATIC,-5,EUR,€1,-€5,-€5,€0,",
        "d2,2024-10-14 10:00:00 UTC,Asset Migration,POL,5,EUR,€1,€5,€5,€0,",
        "d3,2024-10-15 10:00:00 UTC,Cash to Savings,EUR,-20,EUR,€1,-€20,-€20,€0,",
        "d4,2024-10-16 10:00:00 UTC,Donation,BTC,0.1,EUR,€1,€5,€5,€0,",
        "d5,2024-10-17 10:00:00 UTC,Admin Debit,BTC,-0.2,EUR,€1,-€5,-€5,€0,",
        {},
        amounts(MATIC="-5", POL="5", BTC="-0.3"),
    ),
    "coinbase: an old file, with lines in front and the currency in the names of columns": (
        ("You can use this report\n\nTransactions\nUser,me@example.org,123\n"
        "Timestamp,Transaction Type,Asset,Quantity Transacted,EUR Spot Price at Transaction,EUR Subtotal,"
        "EUR Total (inclusive of fees),EUR Fees,Notes"),
        "2019-03-01T10:00:00Z,Buy,BTC,0.1,5000,500.00,507.45,7.45,Bought",
        "2019-03-02T10:00:00Z,Coinbase Earn,XLM,5,0.1,0.5,0.5,0,",
        {},
        amounts(BTC="0.1", EUR="-507.45", XLM="5"),
    ),
    "coinbase, 2018 and 2019: dates with the month first, and one sum with the fee": (
        ("You can use this transaction report\n\nTransactions\nUser,me@example.org,123\n"
        "Timestamp,Transaction Type,Asset,Quantity Transacted,USD Spot Price at Transaction,"
        "USD Amount Transacted (Inclusive of Coinbase Fees),Address,Notes"),
        '02/03/2018,Buy,BTC,0.01,9000.00,91.99,"","Bought 0.0100 BTC for $91.99 USD.\n\nPaid for with a card"',
        "02/05/2018,Sell,BTC,0.004,8000.00,31.01,,Sold 0.0040 BTC for $31.01 USD",
        "02/06/2018,Send,BTC,0.001,8000.00,8.00,1abc,",
        "02/07/2018,Receive,ETH,0.5,700.00,350.00,,",
        {},
        amounts(BTC="0.005", USD="-60.98", ETH="0.5"),
    ),
    "coinbase, early 2020: the fee is what the total is more or less": (
        ("Timestamp,Transaction Type,Asset,Quantity Transacted,USD Spot Price at Transaction,Subtotal,"
        "Total (inclusive of fees),Notes"),
        "2020-02-03T10:00:00Z,Buy,BTC,0.01,9000.00,90.00,91.99,Bought 0.01 BTC for $91.99 USD",
        "2020-02-04T10:00:00Z,Sell,BTC,0.005,9000.00,45.00,43.51,Sold 0.005 BTC for $43.51 USD",
        {},
        amounts(BTC="0.005", USD="-48.48"),
    ),
    "coinbase, reports of accounts: the total is with the fee, and the money's report tells no trade again": (
        ("Transactions\nUser,me@example.org,123\n\n"
        "Timestamp,Balance,Amount,Currency,To,Notes,Instantly Exchanged,Transfer Total,Transfer Total Currency,"
        "Transfer Fee,Transfer Fee Currency,Transfer Payment Method,Transfer ID,Order Price,Order Currency,Order BTC,"
        "Order Tracking Code,Order Custom Parameter,Order Paid Out,Recurring Payment ID,"
        "Coinbase ID (visit https://www.coinbase.com/transactions/[ID] in your browser),"
        "Bitcoin Hash (visit https://www.coinbase.com/tx/[HASH] in your browser for more info)"),
        "2016-04-03 12:44:17 -0700,0.04,0.04,BTC,57a,Bought 0.04 BTC,false,20.0,USD,0.2,USD,Bank,t1,,,,,,,,c1,",
        "2017-07-11 17:04:58 -0700,8.2,-0.01,BTC,57a,59c,false,24.5,USD,0.5,USD,USD Wallet,t2,,,,,,,,c2,",
        "2017-07-12 17:04:58 -0700,8.2,-0.005,BTC,1abc,,false,,,,,,,,,,,,,,c3,deadbeef",
        "2017-07-13 17:04:58 -0700,8.2,24.5,USD,57a,Sold 0.01 BTC for $24.50 USD,,,,,,,,,,,,,,,c4,",
        "2017-07-14 17:04:58 -0700,8.2,100,USD,57a,,false,100.0,USD,0.0,USD,Bank,t5,,,,,,,,c5,",
        "2017-07-15 17:04:58 -0700,8.2,0.001,BTC,57a,Received from Coinbase Referral,,,,,,,,,,,,,,,c6,",
        {},
        amounts(BTC="0.026", USD="104.5"),
    ),
    "coinbase, oldest reports of accounts: the coin stands in a column's name": (
        ("Timestamp,Balance,BTC Amount,To,Notes,Instantly Exchanged,Transfer Total,Transfer Total Currency,"
        "Transfer Fee,Transfer Fee Currency,Transfer Payment Method,Transfer ID,Order Price,Order Currency,Order BTC,"
        "Order Tracking Code,Order Custom Parameter,Order Paid Out,Recurring Payment ID,"
        "Coinbase ID (visit https://www.coinbase.com/transactions/[ID] in your browser),"
        "Bitcoin Hash (visit https://www.coinbase.com/tx/[HASH] in your browser for more info)"),
        "2014-03-07 06:39:03 -0800,0.25,0.25,531,,false,161.81,USD,1.75,USD,Bank,t1,,,,,,,,c1,",
        {},
        amounts(BTC="0.25", USD="-161.81"),
    ),
    "coinbase pro: a trade is two matches and a fee": (
        "portfolio,type,time,amount,balance,amount/balance unit,transfer id,trade id,order id",
        "default,deposit,2020-01-01T00:00:00.000Z,100,100,EUR,t1,,",
        "default,match,2020-01-02T00:00:00.123Z,-50,50,EUR,,9,o1",
        "default,match,2020-01-02T00:00:00.123Z,0.01,0.01,BTC,,9,o1",
        "default,fee,2020-01-02T00:00:00.123Z,-0.25,49.75,EUR,,9,o1",
        ",,,,,,,,",
        {},
        amounts(EUR="49.75", BTC="0.01"),
    ),
    "kraken: unsettled lines do not count, the fee comes on top": (
        "txid,refid,time,type,subtype,aclass,subclass,asset,wallet,amount,fee,balance",
        ',R1,2024-01-01 00:00:00,deposit,,currency,crypto,XBT,spot / main,1,0,""',
        "L1,R1,2024-01-01 00:10:00,deposit,,currency,crypto,XBT,spot / main,1,0,1",
        "L2,R2,2024-01-02 00:00:00,withdrawal,,currency,crypto,XBT,spot / main,-0.4,0.001,0.599",
        {},
        amounts(XXBT="0.599"),
    ),
    "binance statement: spends and buys of a second, however many": (
        "User_ID,UTC_Time,Account,Operation,Coin,Change,Remark",
        "1,2024-01-01 00:00:00,Spot,Deposit,USDT,100,",
        "1,2024-01-02 00:00:00,Spot,Transaction Spend,USDT,-30,",
        "1,2024-01-02 00:00:00,Spot,Transaction Spend,USDT,-20,",
        "1,2024-01-02 00:00:00,Spot,Transaction Buy,BTC,0.001,",
        "1,2024-01-02 00:00:00,Spot,Transaction Fee,BNB,-0.0001,",
        "1,2024-01-03 00:00:00,Earn,Simple Earn Flexible Subscription,USDT,-10,",
        "1,2024-01-03 00:00:00,Earn,Simple Earn Flexible Interest,USDT,0.5,",
        "1,2024-01-04 00:00:00,Spot,Small Assets Exchange BNB,ADA,-3,",
        "1,2024-01-04 00:00:00,Spot,Small Assets Exchange BNB,BNB,0.002,",
        "1,2024-01-05 00:00:00,Spot,Transfer Between Main and Funding Wallet,BTC,-0.001,",
        {},
        amounts(USDT="50.5", BTC="0.001", BNB="0.0019", ADA="-3"),
    ),
    "binance statement: a leveraged token is sold when it is redeemed, and names change": (
        "User_ID,UTC_Time,Account,Operation,Coin,Change,Remark",
        "1,2024-01-01 00:00:00,Spot,Leverage Token Redemption,BTCUP,-2,",
        "1,2024-01-01 00:00:00,Spot,Leverage Token Redemption,USDT,90,",
        "1,2024-01-02 00:00:00,Spot,Stablecoins Auto-Conversion,USDC,-5,",
        "1,2024-01-02 00:00:00,Spot,Stablecoins Auto-Conversion,BUSD,5,",
        "1,2024-01-03 00:00:00,Spot,Liquid Swap Sell,USDT,-10,",
        "1,2024-01-03 00:00:00,Spot,Swap Farming Transaction,BNB,0.03,",
        "1,2024-01-04 00:00:00,Spot,Liquid Swap rewards,BNB,0.01,",
        "1,2024-01-05 00:00:00,Spot,Launchpool Earnings Withdrawal,BNB,0.02,",
        "1,2024-01-06 00:00:00,Spot,Campaign Related Reward,USDT,1,",
        "1,2024-01-07 00:00:00,Pool,Super BNB Mining,BNB,0.04,",
        {},
        amounts(BTCUP="-2", USDT="81", USDC="-5", BUSD="5", BNB="0.1"),
    ),
    "binance trades: coins glued to amounts": (
        "Date(UTC),Pair,Side,Price,Executed,Amount,Fee",
        "2024-01-01 00:00:00,ZENUSDT,BUY,10,5.28ZEN,52.8USDT,0.0001BNB",
        "2024-01-01 00:00:00,1INCHUSDT,SELL,0.5,101INCH,5USDT,0.005USDT",
        {},
        amounts(ZEN="5.28", USDT="-47.805", BNB="-0.0001") | amounts(**{"1INCH": "-10"}),
    ),
    "binance trades, older": (
        "Date(UTC),Market,Type,Price,Amount,Total,Fee,Fee Coin",
        "2018-01-01 00:00:00,BNBBTC,BUY,0.001,100,0.1,0.1,BNB",
        {},
        amounts(BNB="99.9", BTC="-0.1"),
    ),
    "binance withdrawals: the fee comes on top": (
        "Date(UTC+8),Coin,Network,Amount,Fee,Address,TXID,Status",
        "2024-01-01 08:00:00,BTC,BTC,0.5,0.0002,bc1q,ab,Completed",
        "2024-01-01 08:00:00,BTC,BTC,0.7,0.0002,bc1q,,Rejected",
        {},
        amounts(BTC="-0.5002"),
    ),
    "binance deposits": (
        "Date(UTC+0),Coin,Network,Amount,Address,TXID,Status",
        "2024-01-01 00:00:00,BTC,BTC,0.5,bc1q,ab,Completed",
        {},
        amounts(BTC="0.5"),
    ),
    "binance money: which way is said": (
        "Date(UTC+0),Coin,Amount,Status,Payment Method,Indicated Amount,Fee,Order ID",
        "2024-01-01 00:00:00,EUR,99,Successful,Card,100,1,o1",
        {"direction": "deposit"},
        amounts(EUR="99"),
    ),
    "binance conversions": (
        "Date,Wallet,Pair,Type,Sell,Buy,Price,Inverse Price,Date Updated,Status",
        "2024-01-01 00:00:00,Spot,BTCUSDT,Market,100 USDT,0.002 BTC,1,1,2024-01-01 00:00:01,Successful",
        {"zone": "UTC"},
        amounts(USDT="-100", BTC="0.002"),
    ),
    "binance distributions": (
        "Date(UTC),type,Amount,Asset,Symbol,Transaction ID",
        "2024-01-01 00:00:00,BNB Vault,0.1,BNB,BNB,77",
        {},
        amounts(BNB="0.1"),
    ),
    "binance auto-invest and ETH staking are tables of their own": (
        "Auto-Invest Date(UTC),Holding Coin,Amount per period,Trading Fee,Units,From,Status",
        "2024-01-01 00:00:00,BTC,10 USDT,0.02 USDT,0.0002 BTC,Spot,Success",
        "Date(UTC),Coin,Token,Amount,Status",
        "2024-01-01 00:00:00,ETH,BETH,2,Success",
        {},
        amounts(USDT="-10", BTC="0.0002", ETH="-2", BETH="2"),
    ),
    "binance.us: a blank quote is dollars, a reward below nought is a fee": (
        ("User_Id,Time,Category,Operation,Order_Id,Transaction_Id,Primary_Asset,Realized_Amount_For_Primary_Asset,"
        "Realized_Amount_For_Primary_Asset_In_USD_Value,Base_Asset,Realized_Amount_For_Base_Asset,"
        "Realized_Amount_For_Base_Asset_In_USD_Value,Quote_Asset,Realized_Amount_For_Quote_Asset,"
        "Realized_Amount_For_Quote_Asset_In_USD_Value,Fee_Asset,Realized_Amount_For_Fee_Asset,"
        "Realized_Amount_For_Fee_Asset_In_USD_Value,Payment_Method,Withdrawal_Method,Additional_Note"),
        "1,2023-01-01 00:00:00,Deposit,USD Deposit,,t1,USD,100,100,,,,,,,,,,ACH,,",
        "1,2023-01-02 00:00:00,Quick Buy,Buy,o1,t2,,,,BTC,0.001,20,,,20,USD,0.1,0.1,Wallet,,",
        "1,2023-01-03 00:00:00,Spot Trading,Sell,o2,t3,,,,BTC,0.0005,10,USD,10,10,USD,0.01,0.01,Wallet,,",
        "1,2023-01-04 00:00:00,Distribution,Staking Rewards,,t4,ETH,0.01,15,,,,,,,,,,,,",
        "1,2023-01-04 00:00:00,Distribution,Staking Rewards,,t5,ETH,-0.001,1.5,,,,,,,,,,,,",
        {},
        amounts(USD="89.89", BTC="0.0005", ETH="0.009"),
    ),
    "binance.us: outside the market the base is what was given": (
        ("User ID,Time,Category,Operation,Order ID,Transaction ID,Primary Asset,Realized Amount For Primary Asset,"
        "Realized Amount for Primary Asset in USD,Base Asset,Realized Amount For Base Asset,"
        "Realized Amount For Base Asset In USD,Quote Asset,Realized Amount for Quote Asset,"
        "Realized Amount for Quote Asset in USD,Fee Asset,Realized Amount for Fee Asset,"
        "Realized Amount for Fee Asset in USD,Payment Method,Withdraw Method,Additional Note"),
        "1,2021-08-04 16:15:55,Quick Buy,Buy,o1,t1,,,,USD,30,30,BUSD,29.84,29.85,USD,0.15,0.15,ACH,,",
        "1,2021-08-05 16:15:55,Convert,Convert,o2,t2,,,,BUSD,20,20,ETH,0.01,19.9,,,,Wallet,,",
        "1,2021-08-06 16:15:55,Sell,Sell,o3,t3,,,,ETH,0.004,8,USD,7.9,7.9,USD,0.04,0.04,Wallet,,",
        {},
        amounts(USD="-22.1", BUSD="9.84", ETH="0.006"),
    ),
    "gemini: what came from elsewhere, and a line of sums": (
        ("Date,Time (UTC),Type,Symbol,Specification,USD Amount USD,Fee (USD) USD,USD Balance USD,BTC Amount BTC,"
        "Fee (BTC) BTC,BTC Balance BTC,Trade ID,Order ID,Tx Hash,Deposit Destination,Withdrawal Destination"),
        "2024-01-01,00:00:00.000,Credit,USD,Deposit (ACH),$100.00 ,,$100.00 ,,,0.0 BTC ,,,,,",
        "2024-01-02,00:00:00.000,Buy,BTCUSD,Limit,($50.00),($0.10),$49.90 ,0.001 BTC ,,0.001 BTC ,77,88,,,",
        "2024-01-03,00:00:00.000,Debit,BTC,Withdrawal (BTC),,,$49.90 ,(0.0005 BTC),,0.0005 BTC ,,,ab,,bc1q",
        ",,,,,$49.90 ,,,0.0005 BTC ,,,,,,,",
        {},
        amounts(USD="49.9", BTC="0.0005"),
    ),
    "kucoin: orders add nothing to their fills": (
        ("UID,Account Type,Order ID,Symbol,Side,Order Type,Avg. Filled Price,Filled Amount,Filled Volume,"
        "Filled Volume (USDT),Filled Time(UTC+08:00),Fee,Maker/Taker,Fee Currency"),
        "1,trade,o1,BTC-USDT,BUY,LIMIT,20000,0.001,20,20,2023-01-01 08:00:00,0.02,taker,USDT",
        "1,trade,o1,BTC-USDT,BUY,LIMIT,20000,0.001,20,20,2023-01-01 08:00:00,0.02,taker,USDT",
        ("UID,Account Type,Order ID,Order Time(UTC+08:00),Symbol,Side,Order Type,Order Price,Order Amount,"
        "Avg. Filled Price,Filled Amount,Filled Volume,Filled Volume (USDT),Filled Time(UTC+08:00),"
        "Fee,Fee Currency,Status"),
        (
            "1,trade,o1,2023-01-01 08:00:00,BTC-USDT,BUY,LIMIT,20000,0.002,20000,0.002,40,40,"
            "2023-01-01 08:00:00,0.04,USDT,deal"
        ),
        "1,trade,o2,2023-01-01 08:00:00,BTC-USDT,SELL,LIMIT,9,1,0,0,0,0,,0,USDT,cancelled",
        {},
        amounts(BTC="0.002", USDT="-40.04"),
    ),
    "kucoin movements and history": (
        "UID,Account Type,Time(UTC+02:00),Coin,Amount,Fee,Hash,Deposit Address,Transfer Network,Status,Remarks",
        "1,mainAccount,2023-01-01 02:00:00,BTC,0.5,0,abc@1,bc1q,BTC,SUCCESS,Deposit",
        (
            "UID,Account Type,Time(UTC+02:00),Coin,Amount,Fee,Hash,Withdrawal Address/Account,"
            "Transfer Network,Status,Remarks"
        ),
        "1,mainAccount,2023-01-02 02:00:00,BTC,0.2,0.0005,def,bc1q,BTC,SUCCESS,",
        "UID,Account Type,Currency,Side,Amount,Fee,Time(UTC+02:00),Remark,Type",
        "1,mainAccount,KCS,Deposit,0.01,0,2023-01-03 02:00:00,KuCoin Bonus,",
        "1,mainAccount,KCS,Withdrawal,0.01,0,2023-01-03 02:00:00,Transfer,",
        {},
        amounts(BTC="0.2995", KCS="0.01"),
    ),
    "kucoin history, newer: the type says what it was": (
        "UID,Account Type,Currency,Side,Amount,Fee,Time(UTC+02:00),Remark,Type",
        "1,trade,BNB,Withdrawal,0.7,0,2024-01-09 12:52:49,,Spot",
        "1,trade,BTC,Deposit,0.005,0,2024-01-09 12:52:49,,Spot",
        "1,trade,DOGE,Withdrawal,15,0,2025-06-02 03:00:00,a remark,Convert Dust to KCS",
        "1,trade,KCS,Deposit,0.2,0,2025-06-02 03:00:00,,Convert Dust to KCS",
        "1,main,USDT,Withdrawal,50,0,2025-06-03 03:00:00,,Convert Market",
        "1,main,SUI,Deposit,20,0,2025-06-03 03:00:00,,Convert Market",
        "1,main,KCS,Withdrawal,0.01,0,2025-06-04 03:00:00,,KCS Fee Deduction",
        {},
        amounts(BNB="-0.7", BTC="0.005", DOGE="-15", KCS="0.19", USDT="-50", SUI="20"),
    ),
    "kucoin bundle: no hash, Earn stays the owner's, conversions and positions": (
        "UID,Account Type,Time(UTC+02:00),Remarks,Status,Fee,Amount,Coin,Transfer Network",
        "1,mainAccount,2023-01-01 02:00:00,Deposit,SUCCESS,0.01,5,SOL,SOL",
        "UID,Account Type,Time(UTC+02:00),Remarks,Status,Fee,Amount,Coin,Transfer Network,Withdrawal Address/Account",
        "1,mainAccount,2023-01-02 02:00:00,,SUCCESS,0.02,1,SOL,SOL,abc",
        "UID,Account Type,Currency,Side,Amount,Fee,Time(UTC+02:00),Remark,Type",
        "1,mainAccount,SOL,Withdrawal,2,0,2023-01-03 02:00:00,,KuCoin Earn Locked",
        "1,mainAccount,SOL,Deposit,0.03,0,2023-01-04 02:00:00,,KuCoin Earn Profits",
        "1,mainAccount,SOL,Deposit,2,0,2023-01-05 02:00:00,,KuCoin Earn Redemptions",
        "1,mainAccount,SOL,Deposit,0.001,0,2023-01-06 02:00:00,,Deduction Coupon Refund",
        "UID,Account Type,Payment Account,Sell,Buy,Price,Tax,Time of Update(UTC+02:00),Status",
        "1,mainAccount,Funding Account,1 SOL,20.5 USDT,20.5,,2023-01-07 02:00:00,Success",
        ("UID,Account Type,Symbol,Close Type,Realized PNL,Total Realized PNL,Total Funding Fees,Total Trading Fees,"
        'Position Opening Time(UTC+02:00),",Position Closing Time(UTC+02:00)"'),
        "1,futures,ETHUSDTM,CLOSE_LONG,-1.5,-1.5,-0.1,0.2,2023-01-08 02:00:00,2023-01-09 02:00:00",
        "1,futures,XBTUSDM,CLOSE_LONG,0.0001,0.0001,0,0,2023-01-08 02:00:00,2023-01-09 02:00:00",
        ("UID,Account Type,Order ID,Time(UTC+02:00),Staked Coin,Product Type,Product Name,Earnings Coin,Earnings Type,"
        "Remarks,Amount,Amount(USDT),Fee"),
        "1,mainAccount,e1,2023-01-10 02:00:00,KCS,Savings,KCS,KCS,Interest,,0.4,2,0",
        {},
        amounts(SOL="3.001", USDT="19", BTC="0.0001", KCS="0.4"),
    ),
    "kucoin, oldest files": (
        "uid,symbol,direction,deal_price,amount,deal_value,created_at",
        "1,NEO-BTC,BUY,0.008,10,0.08,2018-01-02 08:00:00",
        "uid,symbol,order_type,price,amount_coin,direction,funds,fee,created_at",
        "1,NEO-BTC,limit,0.009,4,SELL,0.036,0.00004,2018-06-02 08:00:00",
        "oid,symbol,dealPrice,dealValue,amount,fee,direction,createdDate,",
        "o1,KCS-BTC,0.0001,0.01,100,0.00001,BUY,2019-02-02 08:00:00,",
        "coin_type,type,add,hash,vol,created_at",
        "BTC,DEPOSIT,a,h1,0.2,2018-01-01 08:00:00",
        "NEO,WITHDRAW,a,h2,3,2018-07-01 08:00:00",
        {},
        amounts(BTC="0.14595", NEO="3", KCS="100"),
    ),
    "kucoin: a margin file's column ends with a comma": (
        ("UID,Account Type,Order ID,Symbol,Side,Order Type,Avg. Filled Price,Filled Amount,Filled Volume,"
        'Filled Volume (USDT),Filled Time(UTC),Fee,Tax,Maker/Taker,"Fee Currency,"'),
        "1,margin,o9,BTC-USDT,SELL,LIMIT,20000,0.001,20,20,2023-01-01 08:00:00,0.00001,,taker,BTC",
        {},
        amounts(BTC="-0.00101", USDT="20"),
    ),
    "crypto.com exchange: a journal of legs and fees, and older lists of trades": (
        ("You understand and agree that...\nExport contains maximum 65,000 data...\nExport Date: 2026-04-16T19:52:30Z\n"
        "Journal ID,Time (UTC),Event Date,Journal Type,Instrument,Taker Side,Side,Transaction Quantity,"
        "Transaction Cost,Realized PNL,Order ID,Trade ID,Trade Match ID,Client Order Id,"),
        "18,2025-06-13 13:43:55.137,2025-06-13,FIAT_OPENPAYD_DEPOSIT,EUR,,NULL_VAL,50,50,0,0,0,0,d-1,",
        "19,2025-06-13 13:43:55.137,2025-06-13,ONCHAIN_DEPOSIT,USD_Stable_Coin,,NULL_VAL,500,500,0,0,0,0,d-2,",
        "1,2025-06-13 13:49:03.614,2025-06-13,TRADING,EUR,,SELL,-48.8869,-48.8869,0,100,1,1,c-1,",
        "2,2025-06-13 13:49:03.614,2025-06-13,TRADING,SOL,,BUY,0.386,0.386,0,100,1,1,c-1,",
        "3,2025-06-13 13:49:03.614,2025-06-13,TRADE_FEE,SOL,,NULL_VAL,-0.0000036,-0.0000036,0,100,1,1,c-1,",
        "4,2025-07-11 16:28:08.818,2025-07-11,TRADING,USD_Stable_Coin,,SELL,-487,-487,0,200,2,2,c-2,",
        "5,2025-07-11 16:28:08.818,2025-07-11,TRADING,XRP,,BUY,176,176,0,200,2,2,c-2,",
        "6,2025-07-11 16:28:08.818,2025-07-11,TRADE_FEE,USD_Stable_Coin,,NULL_VAL,-0.88,-0.88,0,200,2,2,c-2,",
        "7,2025-07-12 00:00:00.000,2025-07-12,SOFT_STAKE_REWARD,CRO,,NULL_VAL,1.5,1.5,0,0,0,0,s-1,",
        "8,2025-07-13 00:00:00.000,2025-07-13,OFFCHAIN_WITHDRAWAL,XRP,,NULL_VAL,-76,-76,0,0,0,0,w-1,",
        ("Order ID,Trade ID,Time (UTC),Symbol,Side,Trade Price,Trade Amount,Volume of Business,Fee,Fee Currency"),
        "200,2,2025-07-11 16:28:08.818,XRP_USD,BUY,2.7,176,487,0.88,USD",
        "300,3,2021-12-24 15:34:45,CRO_ETH,SELL,0.0002,1000,0.2,0.1,CRO",
        ("account_type,order_id,trade_id,create_time_utc,symbol,side,liquditiy_indicator,traded_price,traded_quantity,"
        "fee,fee_currency"),
        "SPOT,400,4,2020-12-24 15:34:45.5,BTC_USDT,BUY,TAKER,20000,0.01,0.00001,BTC",
        {},
        amounts(
            EUR="1.1131", SOL="0.3859964", USDC="12.12", XRP="100", CRO="-998.6", ETH="0.2", BTC="0.00999", USDT="-200"
        ),
    ),
    "okx: both lines of a trade have one order": (
        ("id,Order id,Time,Trade Type,Instrument,Type,Amount,Unit,PL,Fee,Position Change,Position Balance,"
        "Balance Change,Balance,Unit"),
        "1,o1,2024-01-01 00:00:00,Spot,BTC-USDT,Buy,0.001,BTC,0,-0.000001,0,0,0.000999,0.000999,BTC",
        "1,o1,2024-01-01 00:00:00,Spot,BTC-USDT,Sell,20,USDT,0,0,0,0,-20,80,USDT",
        "2,,2024-01-01 00:00:00,,,Transfer in,100,USDT,0,0,0,0,100,100,USDT",
        {"zone": "UTC"},
        amounts(BTC="0.000999", USDT="-20"),
    ),
    "okx funding": (
        "id,Time,Type,Amount,Before Balance,After Balance,Fee,Symbol",
        "1,2024-01-01 00:00:00,Deposit,1,0,1,0,BTC",
        "2,2024-01-02 00:00:00,Withdrawal,-0.5,1,0.5,0,BTC",
        "3,2024-01-02 00:00:00,Transfer to trading account,-0.1,0.5,0.4,0,BTC",
        {"zone": "UTC"},
        amounts(BTC="0.5"),
    ),
    "okx funding, newer: no fee, and one that is in the amount": (
        "id,Time,Type,Amount,Before Balance,After Balance,Symbol",
        "1,2025-10-31 11:55:15,Withdrawal,-0.01,0.03,0.02,BTC",
        "id,Time,Type,Amount,Before Balance,After Balance,Fee,Symbol",
        "2,2025-10-31 11:55:15,Withdrawal,-0.01,0.02,0.01,0.001,BTC",
        "3,2025-10-31 11:56:15,Withdrawal,-0.005,0.01,0.004,0.001,BTC",
        {"zone": "UTC"},
        amounts(BTC="-0.026"),
    ),
    "okx, newer: each fee has a unit": (
        ("id,Order id,Time,Trade Type,Symbol,Action,Amount,Trading Unit,Filled Price,PnL,Fee,Fee Unit,Position Change,"
        "Position Balance,Balance Change,Balance,Balance Unit"),
        "8,6,2025-10-20 10:44:26,Spot,BTC-EUR,Buy,0.064,BTC,95000,0,-0.0001,BTC,0,0,0.0639,0.12,BTC",
        "9,6,2025-10-20 10:44:26,Spot,BTC-EUR,Sell,6080,EUR,95000,0,-0.0001,BTC,0,0,-6080,0.09,EUR",
        {"zone": "UTC"},
        amounts(BTC="0.0639", EUR="-6080"),
    ),
    "bybit unified": (
        ("Time,Currency,Contract,Type,Direction,Quantity,Position,Filled Price,Funding,Fee Paid,Cash Flow,Change,"
        "Wallet Balance,Fee Rate,Trade ID,Order ID"),
        "2024-01-02 00:00:00,BTC,BTCUSDT,TRADE,BUY,0.001,0,20000,0,-0.000001,0.001,0.000999,1,0.001,t1,o1",
        "2024-01-02 00:00:00,USDT,BTCUSDT,TRADE,BUY,0.001,0,20000,0,0,-20,-20,80,0.001,t1,o1",
        "2024-01-01 00:00:00,USDT,,TRANSFER_IN,--,100,0,0,0,0,100,100,100,0,t0,",
        {"zone": "UTC"},
        amounts(BTC="0.000999", USDT="-20"),
    ),
    "bybit unified, newer: no numbers, and contracts called as markets are": (
        ("UID: 1,Company Name: ,Country:\nUid,Currency,Contract,Type,Direction,Quantity,Position,Filled Price,Funding,"
        "Fee Paid,Cash Flow,Change,Wallet Balance,Action,Time(UTC)"),
        "1,USDT,ETHUSDT,TRADE,BUY,0.05,0.05,2510,0,-0.05,0,-0.05,305,OPEN,2026-09-18 09:03:24",
        "1,USDT,ETHUSDT,TRADE,SELL,0.05,0,2530,0,-0.05,1,0.95,306,CLOSE,2026-09-19 09:03:24",
        "1,USDT,ETHUSDT,SETTLEMENT,BUY,--,0.02,--,-0.01,0,0,-0.01,306,SETTLEMENT,2026-09-22 20:00:00",
        "1,USDT,ETHUSDT,TRADE,BUY,0.01,0,2500,0,0,-25,-25,281,--,2026-09-23 20:00:00",
        "1,ETH,ETHUSDT,TRADE,BUY,0.01,0,2500,0,-0.00001,0.01,0.00999,1,--,2026-09-23 20:00:00",
        "1,USDT,--,TOKENS_SUBSCRIPTION,--,--,0,--,0,0,-10,-10,271,--,2026-09-24 20:00:00",
        "1,BTC3L,--,TOKENS_SUBSCRIPTION,--,--,0,--,0,0,4,4,4,--,2026-09-24 20:00:00",
        "1,USDT,--,FLEXIBLE_STAKING_SUBSCRIPTION,--,--,0,--,0,0,-7,-7,264,--,2026-09-25 20:00:00",
        "1,USDT,--,FLEXIBLE_STAKING_REFUND,--,--,0,--,0,0,7,7,271,--,2026-09-25 20:00:01",
        "1,USDT,--,CUSTODY_LOCK,--,--,0,--,0,0,-9,-9,262,--,2026-09-26 20:00:00",
        {},
        amounts(USDT="-34.11", ETH="0.00999", BTC3L="4"),
    ),
    "bybit funding: what is put into Earn is the owner's, and its type says too little": (
        "UID: 1,Company Name: ,Country:\nUid,Date & Time(UTC),Coin,QTY,Type,Account Balance,Description",
        "1,2026-06-05 08:16:17,EUR,17.43,Fiat,17.43,Deposit",
        "1,2026-06-05 08:16:18,BTC,0.0003,Fiat,0.0003,Buy Crypto with Card",
        "1,2026-06-05 08:18:57,EUR,-17,Transfer out,0.43,Transfer to Unified Trading Account",
        "1,2026-06-06 10:00:00,MNT,-100,Earn,0,Easy Earn | Flexible Subscription",
        "1,2026-06-07 10:00:00,MNT,100,Earn,100,Easy Earn | Flexible Redemption",
        "1,2026-06-07 10:00:00,BTC,2.70000000000E-7,Earn,0,Easy Earn | Flexible Interest Distribution",
        "1,2026-06-08 10:00:00,BTC,-0.0001,Bybit Card,0.0002,Purchase",
        "1,2026-06-08 10:00:01,USD,-26.48,Bybit Card,0,Purchase",
        "1,2026-06-09 10:00:00,USDC,-5,Withdraw,0,Withdrawal",
        "1,2026-06-10 10:00:00,USDC,20,Transfer,0,Deposit",
        "1,2026-06-11 10:00:00,BTC,-0.0001,Earn,0.0001,Dual Asset | Subscription",
        "1,2026-06-12 10:00:00,USDT,6,Dual Asset,6,Settlement",
        {},
        amounts(EUR="17.43", BTC="0.00010027", USDC="15", USDT="6"),
    ),
    "bybit, older: every type in one word": (
        "Type,Coin,Amount,Wallet Balance,Time(UTC)",
        "trade,USDT,-1,0,2024-03-01 10:00:00",
        "trade,WEMIX,1.29,0,2024-03-01 10:00:00",
        "tradingFee,WEMIX,-0.00129,0,2024-03-01 10:00:00",
        "convertSmallBalanceIntoBITIncreaseAssets,MNT,0.8,0,2024-03-02 10:30:44",
        "smallBalanceIntoBITReduceAsset,USDT,-0.5,0,2024-03-02 10:30:45",
        "userDeposit,USDT,9,0,2024-03-03 10:30:45",
        "internalAccountTransferDeposit,USDT,5,0,2024-03-06 10:03:00",
        {},
        amounts(USDT="7.5", WEMIX="1.28871", MNT="0.8"),
    ),
    "bybit spot: the fee is taken of what was got, unless its coin is said": (
        ("UID: 1,Company Name: ,Country:\nUid,Spot Pairs,Order Type,Direction,Filled Value,Filled Price,"
        "Filled Quantity,Fees,Transaction ID,Order No.,Timestamp (UTC+0)"),
        "1,BTCUSDT,LIMIT,BUY,4000,80000,0.05,0.00005,229,o1,2024-12-09 19:48:23",
        "1,LTCUSDT,MARKET,SELL,50,100,0.5,0.05,230,o2,14:35 2024-11-16",
        ("Spot Pairs,Order Type,Direction,feeCoin,ExecFeeV2,Filled Value,Filled Price,Filled Quantity,Fees,"
        "Transaction ID,Order No.,Timestamp (UTC)"),
        "SOL/USDC,MARKET,BUY,MNT,0.2,30,150,0.2,--,t1, o3,10:00 2026-01-10",
        {},
        amounts(BTC="0.04995", USDT="-3950.05", LTC="-0.5", SOL="0.2", USDC="-30", MNT="-0.2"),
    ),
    "bybit: a log and a list of fills tell a trade once": (
        ("Currency,Contract,Type,Direction,Quantity,Position,Filled Price,Funding,Fee Paid,Cash Flow,Change,"
        "Wallet Balance,Action,OrderId,TradeId,Time"),
        "BTC,BTCUSDT,TRADE,BUY,0.001,0,20000,0,-0.000001,0.001,0.000999,1,--,o1,x1,2026-01-10 10:00:00.000",
        "USDT,BTCUSDT,TRADE,BUY,-20,0,20000,0,0,-20,-20,80,--,o1,x1,2026-01-10 10:00:00.000",
        ("Spot Pairs,Order Type,Direction,Filled Value,Filled Price,Filled Quantity,Fees,Transaction ID,Order No.,"
        "Timestamp (UTC)"),
        "BTCUSDT,MARKET,BUY,20,20000,0.001,0.000001,x1,o1,10:00 2026-01-10",
        {"zone": "UTC"},
        amounts(BTC="0.000999", USDT="-20"),
    ),
    "bybit assets, both files": (
        "Date & Time(UTC),Coin,QTY,Type,Account Balance,Description",
        "2024-01-01 00:00:00,USDT,5,Deposit,5,",
        "Type,Coin,Amount,Wallet Balance,Time(UTC)",
        "Realised P&L,BTC,-0.001,1,2021-01-01 00:00:00",
        {},
        amounts(USDT="5", BTC="-0.001"),
    ),
    "bitstamp": (
        ("ID,Account,Type,Subtype,Datetime,Amount,Amount currency,Value,Value currency,Rate,Rate currency,Fee,"
        "Fee currency,Order ID"),
        "1,Main,Deposit,,2024-01-01T00:00:00Z,1000,EUR,,,,,,,",
        "2,Main,Market,Buy,2024-01-02T00:00:00Z,0.01,BTC,400,EUR,40000,EUR,1.6,EUR,77",
        "3,Main,Withdrawal,,2024-01-03T00:00:00Z,0.005,BTC,,,,,0.0001,BTC,",
        {},
        amounts(EUR="598.4", BTC="0.0049"),
    ),
    "bitstamp, older: glued, and no seconds": (
        "Type,Datetime,Account,Amount,Value,Rate,Fee,Sub Type",
        'Deposit,"Jan. 28, 2022, 12:13 AM",Main Account,1.00000000 ETH,,,,',
        'Market,"Jan. 28, 2022, 01:13 PM",Main Account,0.50000000 ETH,"1,000.00 EUR",2000.00 EUR,1.00 EUR,Sell',
        {"zone": "UTC"},
        amounts(ETH="0.5", EUR="999"),
    ),
    "bitstamp, older: what went by Ripple": (
        "Type,Datetime,Account,Amount,Value,Rate,Fee,Sub Type",
        'Ripple deposit,"Jan. 28, 2016, 12:13 AM",Main Account,3.00000000 XRP,,,,',
        'Ripple payment,"Jan. 29, 2016, 12:13 AM",Main Account,1.00000000 XRP,,,,',
        {"zone": "UTC"},
        amounts(XRP="2"),
    ),
    "bitfinex: the order of dates is said": (
        "#,PAIR,AMOUNT,PRICE,FEE,FEE PERC,FEE CURRENCY,DATE,ORDER ID",
        "1,BTC/USD,-0.01,20000,-0.4,0.2,USD,03-04-21 10:00:00,77",
        "#,DATE,CURRENCY,STATUS,AMOUNT,FEES,DESCRIPTION,TRANSACTION ID,NOTE",
        "5,03-04-21 10:00:00,BTC,COMPLETED,-0.1,-0.0004,bc1q,ab,",
        "6,03-04-21 10:00:00,BTC,CANCELED,-0.1,-0.0004,bc1q,,",
        "#,DESCRIPTION,CURRENCY,AMOUNT,BALANCE,DATE,WALLET",
        "9,Margin Funding Payment on wallet funding,USD,0.5,10,03-04-21 10:00:00,funding",
        {"order": "dmy", "zone": "UTC"},
        amounts(BTC="-0.1104", USD="200.1"),
    ),
    "bitfinex, ledger of 2019 without ids: the lines of a fill are one by their words": (
        "DESCRIPTION,CURRENCY,AMOUNT,BALANCE,DATE,WALLET",
        "Exchange 0.01 BTC for USD @ 5000.0 on wallet exchange,BTC,0.01,1,13-04-19 10:00:00,exchange",
        "Exchange 0.01 BTC for USD @ 5000.0 on wallet exchange,USD,-50,1,13-04-19 10:00:01,exchange",
        "Trading fees for 0.01 BTC (BTCUSD) @ 5000.0 on BFX on wallet exchange,BTC,-0.00002,1,13-04-19 10:00:01,e",
        "Margin Funding Payment on wallet funding,USD,0.5,10,14-04-19 10:00:00,funding",
        {"order": "dmy", "zone": "UTC"},
        amounts(BTC="0.00998", USD="-49.5"),
    ),
    "crypto.com app: what an order holds back is told again by the order, and what is locked has not come yet": (
        ("Timestamp (UTC),Transaction Description,Currency,Amount,To Currency,To Amount,Native Currency,Native Amount,"
        "Native Amount (in USD),Transaction Kind"),
        "2024-01-01 00:00:00,Lock,EUR,-100,,,EUR,-100,0,trading.limit_order.fiat_wallet.purchase_lock",
        "2024-01-02 00:00:00,Buy,EUR,-60,BTC,0.002,EUR,-60,0,trading.limit_order.fiat_wallet.purchase_commit",
        "2024-01-03 00:00:00,Unlock,EUR,40,,,EUR,40,0,trading.limit_order.fiat_wallet.purchase_unlock",
        "2024-01-04 00:00:00,Sell,BTC,-0.001,EUR,35,EUR,35,0,crypto_to_van_sell_order",
        "2024-01-05 00:00:00,Top up,EUR,-5,,,EUR,-5,0,viban_card_top_up",
        "2024-01-06 00:00:00,Airdrop,CRO,9,,,EUR,1,0,airdrop_locked",
        "2024-01-07 00:00:00,Stake,CRO,-9,,,EUR,1,0,finance.dpos.staking.crypto_wallet",
        "2024-01-08 00:00:00,Unstake,CRO,9,,,EUR,1,0,finance.dpos.unstaking.crypto_wallet",
        "2024-01-09 00:00:00,Bonus,CRO,9,,,EUR,1,0,dynamic_coin_swap_bonus_exchange_deposit",
        {},
        amounts(EUR="-30", BTC="0.001"),
    ),
    "crypto.com app: swaps in one line and in two": (
        ("Timestamp (UTC),Transaction Description,Currency,Amount,To Currency,To Amount,Native Currency,Native Amount,"
        "Native Amount (in USD),Transaction Kind"),
        "2021-01-01 00:00:00,Buy CRO,EUR,-10,CRO,100,EUR,10,12,viban_purchase",
        "2021-01-02 00:00:00,Dust,ADA,-1,,,EUR,1,1,dust_conversion_debited",
        "2021-01-02 00:00:00,Dust,DOT,-2,,,EUR,1,1,dust_conversion_debited",
        "2021-01-02 00:00:00,Dust,CRO,5,,,EUR,2,2,dust_conversion_credited",
        "2021-01-03 00:00:00,Earn,CRO,-50,,,EUR,5,5,crypto_earn_program_created",
        "2021-01-04 00:00:00,Earn,CRO,0.5,,,EUR,0,0,crypto_earn_interest_paid",
        {},
        amounts(EUR="-10", CRO="105.5", ADA="-1", DOT="-2"),
    ),
    "crypto.com app: what a card bought is paid for, and a payment names its coin twice": (
        ("Timestamp (UTC),Transaction Description,Currency,Amount,To Currency,To Amount,Native Currency,Native Amount,"
        "Native Amount (in USD),Transaction Kind"),
        "2020-07-27 06:59:55,Buy ETH,ETH,0.4,,,EUR,90,105,crypto_purchase",
        "2024-03-01 06:59:55,Buy CRO,CRO,500,,,EUR,60,65,trading.crypto_purchase.google_pay",
        "2021-03-25 10:52:27,A shop,CRO,-20,CRO,-20,EUR,-3,-3.5,crypto_payment",
        "2021-03-26 10:52:27,Refund,CRO,5,,,EUR,1,1,crypto_payment_refund",
        {},
        amounts(ETH="0.4", CRO="485"),
    ),
    "crypto.com app: the swap of MCO is told as a whole, and again part by part": (
        ("Timestamp (UTC),Transaction Description,Currency,Amount,To Currency,To Amount,Native Currency,Native Amount,"
        "Native Amount (in USD),Transaction Kind"),
        "2020-08-03 14:39:25,MCO/CRO Overall Swap,CRO,1660,,,EUR,200,234,dynamic_coin_swap_credited",
        "2020-08-03 14:39:25,MCO/CRO Overall Swap,MCO,-60,,,EUR,-170,-184,dynamic_coin_swap_debited",
        "2020-08-03 14:39:25,CRO Stake,CRO,1383,,,EUR,198,234,lockup_swap_credited",
        "2020-08-03 14:39:25,MCO Unstake,MCO,-50,,,EUR,-168,-199,lockup_swap_debited",
        "2020-08-03 14:39:25,MCO/CRO Wallet Swap,CRO,277,,,EUR,2,2,crypto_wallet_swap_credited",
        "2020-08-03 14:39:25,MCO/CRO Wallet Swap,MCO,-10,,,EUR,-1,-1,crypto_wallet_swap_debited",
        "2020-08-03 15:39:25,CRO Stake Rebate,CRO,1383,,,EUR,198,234,lockup_swap_rebate",
        "2025-01-03 15:39:25,Balance Conversion,USDT,-8,,,EUR,7,8,crypto_wallet_swap_debited",
        "2025-01-03 15:39:25,Balance Conversion,USDC,8,,,EUR,7,8,crypto_wallet_swap_credited",
        {},
        amounts(CRO="1660", MCO="-60", USDT="-8", USDC="8"),
    ),
    "uphold: trades inside, a sale on the way out, and what did not take place": (
        ("\ufeffDate,Destination,Destination Amount,Destination Currency,Fee Amount,Fee Currency,Id,"
        "Origin,Origin Amount,"
        "Origin Currency,Status,Type"),
        "Tue May 26 2020 18:06:28 GMT+0000,uphold,100,EUR,,,u1,bank,100,EUR,completed,in",
        "Tue May 26 2020 19:06:28 GMT+0000,uphold,0.005,BTC,,,u2,uphold,50,EUR,completed,transfer",
        "Tue May 26 2020 20:06:28 GMT+0000,bitcoin,0.001,BTC,0.0001,BTC,u3,uphold,0.0011,BTC,completed,out",
        "Tue May 26 2020 21:06:28 GMT+0000,bank,20,USD,,,u4,uphold,18,EUR,completed,out",
        "Tue May 26 2020 22:06:28 GMT+0000,bank,20,EUR,,,u5,uphold,20,EUR,failed,out",
        {},
        amounts(EUR="32", BTC="0.0039"),
    ),
    "uphold, older": (
        ("date,id,type,value_in_EUR,commission_in_EUR,pair,rate,origin_currency,origin_amount,origin_commission,"
        "destination_currency,destination_amount,destination_commission"),
        "2018-01-01 00:00:00,u1,transfer,50,0,EURBTC,1,EUR,50,0,BTC,0.005,0",
        {},
        amounts(EUR="-50", BTC="0.005"),
    ),
    "bitvavo, older: what was paid with stands in the name of a column": (
        "Timezone,Date,Time,Type,Currency,Amount,Price (EUR),EUR received / paid,Fee currency,Fee amount,Status,Transaction ID,Address",  # noqa: E501 - as it is
        "Europe/Amsterdam,2023-01-09,10:00:00,deposit,EUR,100,,,EUR,0,Completed,w1,",
        "Europe/Amsterdam,2023-01-09,10:05:00.620,buy,ETH,0.05,1000,-50.10,EUR,0.1,Completed,w2,",
        "Europe/Amsterdam,2023-01-10,10:05:00,sell,ETH,-0.01,1000,9.98,EUR,0.02,Completed,w3,",
        "Europe/Amsterdam,2023-01-11,10:05:00,withdrawal,ETH,-0.02,,,ETH,0.001,Completed,w4,0xab",
        "Europe/Amsterdam,2023-01-12,10:05:00,staking,ADA,0.5,,,,,Distributed,w5,",
        {},
        amounts(EUR="59.88", ETH="0.02", ADA="0.5"),
    ),
    "bitvavo: what is assigned by hand, and what is lent": (
        ("Timezone,Date,Time,Type,Currency,Amount,Quote Currency,Quote Price,Received / Paid Currency,"
        "Received / Paid Amount,Fee currency,Fee amount,Status,Transaction ID,Address"),
        "Europe/Amsterdam,2024-01-01,10:00:00,manually_assigned_bitvavo,ETH,0.5,,,,,,,Completed,v1,",
        "Europe/Amsterdam,2024-01-02,10:00:00,loan,ETH,-0.1,,,,,,,Completed,v2,",
        "Europe/Amsterdam,2025-01-02,10:00:00,margin_loan_collateral_deposit,ETH,-0.2,,,,,,,Completed,v3,",
        "Europe/Amsterdam,2025-01-02,10:00:01,margin_loan_borrow,EUR,100,,,,,,,Completed,v4,",
        "Europe/Amsterdam,2025-02-02,10:00:00,margin_loan_repay,EUR,-101,,,,,,,Completed,v5,",
        "Europe/Amsterdam,2025-02-02,10:00:01,margin_loan_collateral_return,ETH,0.2,,,,,,,Completed,v6,",
        {},
        amounts(ETH="0.4", EUR="-1"),
    ),
    "bitpanda: tables repeat, a line stands for nothing": (
        ("Disclaimer: no advice\n\nTransaction ID,Timestamp,Transaction Type,In/Out,Amount Fiat,"
        "Fiat,Amount Asset,Asset,"
        "Asset market price,Asset market price currency,Asset class,Product ID,Fee,Fee asset,"
        "Spread,Spread Currency,Tax Fiat"),
        "b1,2024-01-01T00:00:00+01:00,deposit,incoming,100.00,EUR,-,EUR,-,-,Fiat,-,0.00000000,EUR,-,-,0.00",
        "b2,2024-01-02T00:00:00+01:00,buy,outgoing,50.00,EUR,0.00100000,BTC,50000,EUR,Cryptocurrency,1,-,-,-,-,0.00",
        ("Transaction ID,Timestamp,Transaction Type,In/Out,Amount Fiat,Fiat,Amount Asset,Asset,"
        "Asset market price,Asset market price currency,Asset class,Product ID,Fee,Fee asset,"
        "Spread,Spread Currency,Tax Fiat"),
        ("b3,2024-01-03T00:00:00+01:00,withdrawal,outgoing,20.00,EUR,0.00040000,BTC,50000,EUR,Cryptocurrency,1,"
        "0.00001000,BTC,-,-,0.00"),
        {},
        amounts(EUR="50", BTC="0.00059"),
    ),
    "bitpanda: the fee of a trade is in its money already": (
        ("Transaction ID,Timestamp,Transaction Type,In/Out,Amount Fiat,Fiat,Amount Asset,Asset,"
        "Asset market price,Asset market price currency,Asset class,Product ID,Fee,Fee asset,Fee percent,"
        "Spread,Spread Currency,Tax Fiat"),
        "b1,2025-05-31T08:20:41+02:00,buy,outgoing,25.00,EUR,0.0002,BTC,92981,EUR,Cryptocurrency,1,0.25,EUR,0.99,-,-,0",
        "b2,2025-06-05T10:04:41+02:00,sell,incoming,15.00,EUR,0.0001,BTC,82675,EUR,Cryptocurrency,1,0.15,EUR,1,-,-,0",
        "b3,2025-06-06T10:04:41+02:00,rewards,incoming,1.00,EUR,0.0003,ETH,82675,EUR,Cryptocurrency,1,-,-,-,-,-,0",
        {},
        amounts(EUR="-10", BTC="0.0001", ETH="0.0003"),
    ),
    "bitpanda, older": (
        "ID,Type,In/Out,Amount Fiat,Fee,Fiat,Amount Asset,Asset,Status,Created at",
        "b1,Sell,incoming,50.00,,EUR,0.001,BTC,finished,2018-01-01T00:00:00+01:00",
        "b2,Sell,incoming,50.00,,EUR,0.001,BTC,canceled,2018-01-01T00:00:00+01:00",
        {},
        amounts(EUR="50", BTC="-0.001"),
    ),
    "gate, lists: the coin stands beside each amount, and a withdrawal's fee is within it": (
        "No,Time,Trade type,Role,Market,Deal price,Deal amount,Total,Fee",
        "409\t,2021-04-13 18:29:01,Buy,taker,GT/USDT,3.7459\t,0.259 GT,0.97 USDT,0.002 POINT",
        "410\t,2021-04-13 18:29:01,Buy,taker,1000SATS/USDT,0.0001\t,100 1000SATS,0.01 USDT,0.2 1000SATS",
        "981\t,2021-11-28 10:00:27,Sell,taker,NFTX/USDT,98.69\t,0.013 NFTX,1.28 USDT,0.004 USDT",
        "Order ID,Time,Address,TxID,Coin,Amount,Status",
        "168,2023-12-28 09:36:34,aXX,cafe,FIRO,0.837,Credited",
        "169,2023-12-28 09:36:34,aXX,,FIRO,5,Pending",
        "Order ID,Time,Network,Address,Address Name,TxID,Coin,Amount,Trading Fee,Amount Received,Status",
        "626,2024-09-04 22:11:38,XLM,GXX 1234567,,dead,XLM,22.55,5.4,17.15,Success",
        {"zone": "UTC"},
        {**amounts(GT="0.259", POINT="-0.002", USDT="0.296", NFTX="-0.013", FIRO="0.837", XLM="-22.55"),
        "1000SATS": Decimal("99.8")},
    ),
    "gate: legs of one trade share their number": (
        "no,time,action_desc,action_data,type,change_amount,amount,total",
        "1,2023-01-01 00:00:00,Order Filled,55,USDT,-20,80,80",
        "2,2023-01-01 00:00:00,Order Filled,55,BTC,0.001,0.001,80",
        "3,2023-01-01 00:00:00,Trading Fees,55,BTC,-0.000002,0.000998,80",
        "4,2023-01-02 00:00:00,Deposits,56,USDT,5,85,85",
        {"zone": "UTC"},
        amounts(USDT="-15", BTC="0.000998"),
    ),
    "gate: an order takes when it is placed, and gives back what it did not use": (
        "no,time,action_desc,action_data,type,change_amount,amount,total",
        "-,2023-01-01 00:00:00,Order Placed,55,USDT,-100,0,0",
        "-,2023-01-01 00:00:01,Order Fullfilled,55,BTC,0.002,0,0",
        "-,2023-01-01 00:00:01,Trade Fee,55,BTC,-0.00001,0,0",
        "-,2023-01-01 00:00:02,Order Cancelled,55,USDT,60,0,0",
        "-,2023-01-02 00:00:00,Order Placed,56,ETH,-2,0,0",
        "-,2023-01-02 00:00:01,Order Cancelled,56,ETH,2,0,0",
        "-,2023-01-03 00:00:00,Lending-Lent,57,USDT,-30,0,0",
        "-,2023-01-04 00:00:00,Collected,57,USDT,30,0,0",
        "-,2023-01-04 00:00:00,Interest Income,57,USDT,1,0,0",
        "-,2023-01-05 00:00:00,Dual C-Purchased,58,USDT,-10,0,0",
        "-,2023-01-06 00:00:00,Dual C-Settled,58,BTC,0.0005,0,0",
        "-,2023-01-07 00:00:00,C2C Merchant Order Placed,59,BTC,-0.0001,0,0",
        "-,2023-01-07 00:00:00,C2C Merchant Order Canceled,59,BTC,0.0001,0,0",
        "-,2023-01-08 00:00:00,Red Packet Sent,60,USDT,-2,0,0",
        {"zone": "UTC"},
        amounts(USDT="-51", BTC="0.00249"),
    ),
    "mexc, orders: what was filled at the average price, however the order ended": (
        ("UID,Pairs,Time,Type,Direction,Average Filled Price,Order Price,Filled Quantity,Order Quantity,Order Amount,"
        "Status"),
        "1,LTC_USDT,2020-10-10 20:05:07,Market,Buy,122.87,Market,0.122,0,14.99164,Filled",
        "1,ETHUSDT,2024-03-02 11:00:00,LIMIT,Sell,2000,2000,0.2,0.5,1000,Partially canceled",
        "1,ETHUSDT,2024-03-03 11:00:00,LIMIT,Sell,0,2000,0,0.5,1000,Cancelled",
        {"zone": "UTC"},
        amounts(LTC="0.122", USDT="385.00986", ETH="-0.2"),
    ),
    "mexc": (
        "Pairs,Time,Side,Filled Price,Executed Amount,Total,Fee,Role",
        "BTC_USDT,2023-01-01 00:00:00,BUY,20000,0.001,20,0.02USDT,Taker",
        "UID,Status,Time,Crypto,Network,Deposit Amount,TxID,Progress",
        "1,Credited Successfully,2023-01-01 00:00:00,USDT,TRX,50,ab,(20/20)",
        ("UID,Status,Time,Crypto,Network,Request Amount,Withdrawal Address,memo,TxID,Trading Fee,Settlement Amount,"
        "Withdrawal Descriptions"),
        "1,Withdrawal Successful,2023-01-01 00:00:00,USDT,TRX,10,T1,,cd,1,9,",
        {"zone": "UTC"},
        amounts(BTC="0.001", USDT="19.98"),
    ),
    "mexc: a fee that came on top, and a market without a line": (
        "UID,Pairs,Time,Side,Filled Price,Executed Amount,Total,Fee,Role",
        "1,LTCUSDT,2023-01-01 00:00:00,Sell,80,0.5,40,0.04USDT,Taker",
        ("UID,Status,Time,Crypto,Network,Request Amount,Withdrawal Address,memo,TxID,Trading Fee,Settlement Amount,"
        "Withdrawal Descriptions"),
        "1,Withdrawal Successful,2023-01-01 00:00:00,USDT,TRX,10,T1,,cd,1,10,",
        {"zone": "UTC"},
        amounts(LTC="-0.5", USDT="28.96"),
    ),
    "nexo: rejected lines do not count": (
        ("Transaction,Type,Input Currency,Input Amount,Output Currency,Output Amount,USD Equivalent,Fee,Fee Currency,"
        "Details,Date / Time (UTC)"),
        "N1,Interest,BTC,0.0001,BTC,0.0001,$2.00,-,-,approved / BTC Interest,2023-01-01 00:00:00",
        "N2,Exchange,USDT,-20,BTC,0.001,$20.00,-,-,approved / Exchange,2023-01-01 00:00:00",
        "N3,Withdrawal,BTC,-0.0005,BTC,0.0005,$10.00,-,-,approved / Withdrawal,2023-01-01 00:00:00",
        "N4,Withdrawal,BTC,-0.0005,BTC,0.0005,$10.00,-,-,rejected / Withdrawal,2023-01-01 00:00:00",
        "N5,Locking Term Deposit,BTC,0.0005,BTC,0.0005,$10.00,-,-,approved / Locking,2023-01-01 00:00:00",
        {},
        amounts(BTC="0.0006", USDT="-20"),
    ),
    "nexo: what two lines tell counts once, and a loan comes": (
        "Transaction,Type,Input Currency,Input Amount,Output Currency,Output Amount,USD Equivalent,Details,Date / Time (UTC)",  # noqa: E501 - as it is
        "N1,Deposit To Exchange,GBP,54,GBPX,54,$70.52,approved / GBP Top Up,2022-04-17 10:41:00",
        "N2,Exchange Deposited On,GBP,54,GBPX,54,$70.52,approved / GBP to GBPX,2022-04-17 10:41:00",
        "N3,Exchange,GBPX,-50,BTC,0.0017,$69.85,approved / Exchange GBPX to Bitcoin,2022-04-17 10:41:00",
        "N4,Exchange To Withdraw,GBPX,-3,GBP,3,$4,approved / GBPX to GBP,2022-05-21 21:28:00",
        "N5,Withdraw Exchanged,GBP,-3,GBP,3,$4,approved / GBP withdrawal,2022-05-25 11:00:00",
        "N6,Loan Withdrawal,USDT,-100,USDT,100,$100,approved / Loan,2022-06-01 10:00:00",
        "N7,Manual Sell Order,BTC,-0.0007,BTC,0.0007,$20,approved / Crypto Repayment,2022-07-01 19:03:47",
        "N8,Manual Repayment,USD,20,USD,0,$20,approved / Crypto Repayment,2022-07-01 19:03:53",
        "N9,Liquidation,GBPX,-1,GBPX,1,$1.3,approved / Fiat Repayment,2022-08-09 00:00:00",
        "N10,Repayment,USD,1.3,USD,0,$1.3,approved / Fiat Repayment,2022-08-09 00:00:00",
        "N11,Credit Card Withdrawal Credit,xUSD,-51.86,xUSD,51.86,$51.86,approved / Card,2024-02-03 23:30:34",
        "N12,Exchange Credit,xUSD,-51.86,EURX,47.99,$51.86,approved / Card,2024-02-03 23:30:35",
        "N13,Credit Card Fiatx Exchange To Withdraw,EURX,47.99,EUR,47.99,$51.86,approved / EUR,2024-02-03 23:30:36",
        "N14,Withdraw Exchanged,EUR,-47.99,EUR,47.99,$51.86,approved / EUR withdrawal,2024-02-03 23:30:36",
        "N15,Nexo Card Purchase,USD,-51.86,EUR,47.99,$51.86,approved / A shop,2024-02-03 23:30:38",
        "N16,Top up Crypto,LUNA2,2.7,LUNA2,2.7,$2,approved / LUNA2 Airdrop #2,2023-06-07 13:50:25",
        "N17,Withdrawal Fee,USDT,-5,USDT,5,$5,approved / Fee,2023-06-08 13:50:25",
        "N18,Administrative Deduction,USDT,-1,USDT,1,$1,approved / Deduction,2023-06-09 13:50:25",
        {},
        amounts(BTC="0.0010", USDT="94", LUNA2="2.7"),
    ),
    "nexo, older: both sides of an exchange in one cell, and words in one": (
        "Transaction,Type,Currency,Amount,USD Equivalent,Details,Outstanding Loan,Date / Time",
        "N1,Deposit,BTC,0.5,$20000,approved / ab,$0.00,2021-06-01 10:00:00",
        "N2,Exchange,BTC/USDT,-0.1 / +3400.5,$3400,approved / Exchange,$0.00,2021-06-02 10:00:00",
        "N3,FixedTermInterest,NEXONEXO,2,$4,approved / Term Deposit Interest,$0.00,2021-06-03 07:01:17",
        "N4,LockingTermDeposit,BTC,-0.2,$8000,approved / Transfer,$0.00,2021-06-04 08:39:33",
        "N5,WithdrawalCredit,USDT,-100,$100,approved / Loan,$100,2021-06-05 08:39:33",
        "N6,Interest,USD,-0.02,$0.02,approved / Interest,$100.02,2021-06-06 08:39:33",
        "N7,Withdrawal,USDT,-50,$50,rejected / Withdrawal,$0.00,2021-06-07 08:39:33",
        "N8,Withdrawal,USDT,-40,$40,approved / Withdrawal,$0.00,2021-06-07 08:39:33",
        {},
        amounts(BTC="0.4", USDT="3460.5", NEXO="2"),
    ),
    "nexo: what interest adds to a loan leaves no money that is held": (
        "Transaction,Type,Input Currency,Input Amount,Output Currency,Output Amount,USD Equivalent,Details,Date / Time (UTC)",  # noqa: E501 - as it is
        "N1,Interest,USD,-0.01,,0.00,$0.01,approved / Interest,2022-06-30 22:00:02",
        "N2,Interest,BTC,0.01,BTC,0.01,$300,approved / BTC Interest Earned,2022-06-30 22:00:02",
        {},
        amounts(BTC="0.01"),
    ),
    "robinhood": (
        "UUID,Time Entered,Symbol,Side,Quantity,State,Order Type,Leaves Quantity,Entered Price,Average Price,Notional",
        "r1,2021-01-01T00:00:00Z,BTCUSD,Buy,0.001,Filled,Market,0,30000,30000,$30.00",
        "r2,2021-01-01T00:00:00Z,BTCUSD,Sell,0.001,Canceled,Market,0.001,30000,,",
        {},
        amounts(BTC="0.001", USD="-30"),
    ),
    "cash app: the zone stands in each line": (
        ("Date,Transaction ID,Transaction Type,Currency,Amount,Fee,Net Amount,Asset Type,"
        "Asset Price,Asset Amount,Status,"
        "Notes,Name of sender/receiver,Account"),
        "2021-01-01 19:00:00 EST,c1,Bitcoin Buy,USD,-$98.00,-$2.00,-$100.00,BTC,$30000,0.00326667,COMPLETE,purchase,,",
        "2021-01-02 19:00:00 EST,c2,Bitcoin Withdrawal,USD,,,,BTC,,0.001,COMPLETE,,,",
        "2021-01-03 19:00:00 EST,c3,Cash out,USD,-$5.00,$0,-$5.00,,,,FAILED,,,",
        {},
        amounts(USD="-100", BTC="0.00226667"),
    ),
    "cash app: a boost is given, bitcoin may stand as a currency, and savings are the owner's": (
        ("Date,Transaction ID,Transaction Type,Currency,Amount,Fee,Net Amount,Asset Type,"
        "Asset Price,Asset Amount,Status,"
        "Notes,Name of sender/receiver,Account"),
        "2021-01-01 19:00:00 EST,d1,Bitcoin Boost,USD,$1.00,$0,$1.00,BTC,$30000,0.00003333,COMPLETE,,,",
        "2021-01-02 19:00:00 EST,d2,Boost Payment,USD,$2.00,$0,$2.00,,,,COMPLETE,,,",
        "2021-01-03 19:00:00 EST,d3,Bitcoin Deposit,BTC,,,,$BTC,,0.0005,COMPLETE,,,",
        "2021-01-04 19:00:00 EST,d4,Bitcoin Withdrawal,BTC,0.0001,0,0.0001,,,,COMPLETE,,,",
        "2021-01-05 19:00:00 EST,d5,Bitcoin Withdrawal,BTC,-0.0001,-0.00001,-0.00011,,,,COMPLETE,,,",
        "2021-01-05 20:00:00 EST,d5b,Bitcoin Withdrawal,USD,,-$1.00,,BTC,,0.0001,COMPLETE,,,",
        "2021-01-06 19:00:00 EST,d6,Savings Internal Transfer,USD,-$9.00,$0,-$9.00,,,,COMPLETE,,,",
        "2021-01-07 19:00:00 EST,d7,Account Notifications,USD,$0.50,$0,$0.50,,,,COMPLETE,New device login,,",
        {},
        amounts(BTC="0.00022333", USD="1"),
    ),
    "revolut: money with its sign": (
        "Symbol,Type,Quantity,Price,Value,Fees,Date",
        'BTC,Buy,0.001,"€30,000.00",€30.00,€0.45,"Jan 5, 2024, 10:11:12 PM"',
        'DOT,Staking reward,0.01,€5.00,€0.05,€0.00,"Jan 6, 2024, 10:11:12 PM"',
        {"zone": "Europe/Dublin"},
        amounts(BTC="0.001", EUR="-30.45", DOT="0.01"),
    ),
    "revolut: sending costs money": (
        "Symbol,Type,Quantity,Price,Value,Fees,Date",
        'BTC,Send,0.001,"€30,000.00",€30.00,€1.20,"Jan 5, 2024, 10:11:12 PM"',
        'BTC,Payment,0.0005,"$7,252.05",$3.60,$0.00,"Jul 20, 2018, 7:28:14 AM"',
        {"zone": "Europe/Dublin"},
        amounts(BTC="-0.0015", EUR="-1.2"),
    ),
    "revolut: money has no quantity, what moved is its value": (
        "Symbol,Type,Quantity,Price,Value,Fees,Date",
        'EUR,Receive,,,€8.00,€0.00,"12 May 2025, 09:19:04"',
        'USD,Send,,,$4201.00,$0.00,"4 Dec 2024, 21:34:33"',
        'BTC,Sell - Revolut X,0.06,$97830.36,$5869.82,$5.29,"23 Nov 2024, 23:54:47"',
        {"zone": "Europe/Prague"},
        amounts(EUR="8", USD="1663.53", BTC="-0.06"),
    ),
    "revolut, older: what a coin cost stands beside it, and pockets are the owner's": (
        ("Type,Product,Started Date,Completed Date,Description,Amount,Currency,Fiat amount,Fiat amount (inc. fees),Fee,"
        "Base currency,State,Balance"),
        "EXCHANGE,Current,2022-01-10 9:05:00,2022-01-10 9:05:01,Exchanged to ETH,0.5,ETH,900,913.5,13.5,EUR,COMPLETED,0.5",  # noqa: E501 - as it is
        "EXCHANGE,Current,2022-01-11 9:05:00,2022-01-11 9:05:01,Exchanged to EUR,-0.1,ETH,-200,-197,3,EUR,COMPLETED,0.4",  # noqa: E501 - as it is
        "EXCHANGE,Current,2022-01-12 9:05:00,2022-01-12 9:05:01,Exchanged to BTC,1,BTC,9,9,0,EUR,REVERTED,0.4",
        "TRANSFER,Current,2022-01-13 9:05:00,2022-01-13 9:05:01,Transferred to Savings,-0.1,ETH,-200,-200,0,EUR,COMPLETED,0.3",  # noqa: E501 - as it is
        "TRANSFER,Current,2022-01-14 9:05:00,2022-01-14 9:05:01,To a friend,-0.05,ETH,-90,-90,1.5,EUR,COMPLETED,0.25",
        "TRANSFER,Current,2022-01-15 9:05:00,2022-01-15 9:05:01,Balance migration to another region or legal entity,-0.25,ETH,,,0,EUR,COMPLETED,0",  # noqa: E501 - as it is
        "CARD_PAYMENT,Current,2022-01-16 9:05:00,2022-01-17 9:05:01,A shop,-0.02,ETH,-40,-39,1,EUR,COMPLETED,0.23",
        "CARD_REFUND,Current,2022-01-18 9:05:00,2022-01-19 9:05:01,Refund from a shop,0.01,ETH,20,20,0,EUR,COMPLETED,0.24",  # noqa: E501 - as it is
        "REWARD,Current,2022-01-20 9:05:00,2022-01-20 9:05:01,Learn reward,1,DOT,20,20,0,EUR,COMPLETED,1",
        {},
        amounts(ETH="0.34", EUR="-718", DOT="1"),
    ),
    "ledger live: what left is with its fee": (
        ("Operation Date,Status,Currency Ticker,Operation Type,Operation Amount,Operation Fees,"
        "Operation Hash,Account Name,"
        "Account xpub,Countervalue Ticker,Countervalue at Operation Date,Countervalue at CSV Export"),
        "2024-01-01T00:00:00.000Z,Confirmed,BTC,IN,0.5,0.0001,ab,Bitcoin 1,xpub,EUR,100,120",
        "2024-01-02T00:00:00.000Z,Confirmed,BTC,OUT,0.2,0.0001,cd,Bitcoin 1,xpub,EUR,100,120",
        "2024-01-03T00:00:00.000Z,Confirmed,ETH,FEES,0.001,0.001,ef,Ethereum 1,xpub,EUR,100,120",
        {},
        amounts(BTC="0.3", ETH="-0.001"),
    ),
    "ledger live: a collectible is no coin, and of what stays only the fee leaves": (
        "Operation Date,Status,Currency Ticker,Operation Type,Operation Amount,Operation Fees,Operation Hash,Account Name",  # noqa: E501 - as it is
        "2024-01-01T00:00:00.000Z,Confirmed,ETH,NFT_IN,0.000000000000000001,0.01,ab,Ethereum 1",
        "2024-01-02T00:00:00.000Z,Confirmed,ETH,NFT_OUT,0.000000000000000001,0.01,cd,Ethereum 1",
        "2024-01-02T00:00:00.000Z,Confirmed,ETH,FEES,0.01,0.01,cd,Ethereum 1",
        "2024-01-03T00:00:00.000Z,Confirmed,XTZ,REVEAL,0.0004,0.0004,ef,Tezos 1",
        "2024-01-04T00:00:00.000Z,Confirmed,TRX,WITHDRAW_EXPIRE_UNFREEZE,50,0,gh,Tron 1",
        "2024-01-05T00:00:00.000Z,Confirmed,DOT,NOMINATE,0,0.01,ij,Polkadot 1",
        "2024-01-06T00:00:00.000Z,Confirmed,DOT,SLASH,2,0,kl,Polkadot 1",
        {},
        amounts(ETH="-0.01", XTZ="-0.0004", DOT="-2.01"),
    ),
    "paypal": (
        ("DateTime,Transaction Type,Asset In (Quantity),Asset In (Currency),Asset Out (Quantity),Asset Out (Currency),"
        "Transaction Fee (Quantity),Transaction Fee (Currency),Market Value (USD)"),
        "2023-01-01 00:00:00,Buy,0.001,BTC,20,USD,0.5,USD,20",
        "2023-01-02 00:00:00,Crypto Checkout,,,0.0005,BTC,,,10",
        {"zone": "UTC"},
        amounts(BTC="0.0005", USD="-20.5"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_a_file_adds_up(name):
    *lines, options, moved = FILES[name]
    assert net(readings(text(*lines), **options)) == moved


@pytest.mark.parametrize("name", FILES)
def test_each_line_is_a_row_of_its_own_and_again_the_same(name):
    *lines, options, _ = FILES[name]
    first, again = (read(text(*lines), **options) for _ in range(2))
    assert [each.external_id for each in first] == [each.external_id for each in again]
    assert len({(each.family, each.external_id) for each in first}) == len(first)


HEADER = "UID,Account Type,Order ID,Symbol,Side,Order Type,Avg. Filled Price,Filled Amount,Filled Volume,Filled Time(UTC+08:00),Fee,Fee Currency"  # noqa: E501 - as it is
TWIN = "1,trade,o1,BTC-USDT,BUY,LIMIT,20000,0.001,20,2023-01-01 08:00:00,0.02,USDT"


def test_twin_fills_stay_twins_and_overlapping_files_are_one():
    whole, part = (read(text(HEADER, *[TWIN] * count)) for count in (3, 2))
    names = [{each.external_id for each in found} for found in (whole, part)]
    assert (len(names[0]), len(names[1])) == (3, 2)
    assert names[1] < names[0]
    assert net([each.result.readings[0] for each in whole]) == amounts(BTC="0.003", USDT="-60.06")


def test_what_cannot_be_read_names_its_column_and_stops_nothing():
    broken = TWIN.replace("0.001", "soon")
    found = results(text(HEADER, TWIN, broken, TWIN.replace("BUY", "HOLD"), TWIN))
    assert [type(each) for each in found] == [Read, Failure, Failure, Read]
    assert found[1] == Failure("Filled Amount", "“soon” is no amount. Please correct it.")
    assert found[2].column == "Side"


def test_an_operation_that_is_new_fails_with_its_name():
    header = "User_ID,UTC_Time,Account,Operation,Coin,Change,Remark"
    [found] = results(text(header, "1,2024-01-01 00:00:00,Spot,Quantum Leap,BTC,1,"))
    assert found.column == "Operation"
    assert "Quantum Leap" in found.why
    assert "It is kept, and counts as soon as it is known" in found.why  # there is no place to say what it is


STATEMENT = "User_ID,UTC_Time,Account,Operation,Coin,Change,Remark"


def of_statement(line):
    [found] = results(text(STATEMENT, f"1,2024-01-01 00:00:00,{line}"))
    return [(each.kind, each.category) for each in found.readings] if isinstance(found, Read) else type(found)


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("Spot,Fiat OCBS - Add Fiat and Fees,PLN,147,", [(Kind.DEPOSIT, "")]),
        ("Spot,Deposit Fiat OCBS,EUR,20,", [(Kind.DEPOSIT, "")]),
        ("Spot,Crypto Withdrawal,BTC,-1,", [(Kind.WITHDRAWAL, "")]),
        ("Spot,Convert Fiat to Crypto OCBS,EUR,-20,", [(Kind.TRADE, "")]),
        ("Strategy,Strategy Trading Fee Rebate,ADA,0.5,", [(Kind.REWARD, "rebate")]),
        ("Cross Margin,Cross Margin Liquidation - Repayment,BTC,-1,", [(Kind.ADJUSTMENT, "loan")]),
        ("Isolated Margin,Isolated Margin Liquidation - Fee,USDT,-1,", [(Kind.FEE, "")]),
        ("Cross Margin,Cross Margin Liquidation - Small Assets Takeover,ADA,-1,", [(Kind.TRADE, "")]),
        ("USD-MFutures,Realize profit and loss,USDT,-1,", [(Kind.LOST, "futures")]),
        ("USD-MFutures,Battle Profit and Loss,USDT,1,", [(Kind.INCOME, "futures")]),
        ("USD-MFutures,Futures Convert,BNFCR,-1,", [(Kind.TRADE, "conversion")]),
        ("Spot,Dual Investment - Subscribe,USDT,-50,", [(Kind.ADJUSTMENT, "structured")]),
        ("Spot,Dual Investment - Settlement,BTC,0.001,", [(Kind.ADJUSTMENT, "structured")]),
        ("Spot,Launchpad Subscribe,BNB,-2,", [(Kind.ADJUSTMENT, "structured")]),
        ("Funding,Token Voucher Redemption,USDT,3,", [(Kind.REWARD, "bonus")]),
        ("Spot,Asset - Transfer,GAS,0.1,GAS Distribution 2019", [(Kind.REWARD, "airdrop")]),
        ("Spot,Asset - Transfer,USDT,5,", Failure),
        ("Spot,Staking Rewards Distribution,ATOM,1,", [(Kind.REWARD, "staking")]),
        ("Earn,Onchain Yields Flexible - Distribution,SOL,1,", [(Kind.REWARD, "staking")]),
        ("Pool,Pool Distribution,BTC,1,", [(Kind.INCOME, "mining")]),
        ("Earn,RWUSD - Distribution,RWUSD,1,", [(Kind.REWARD, "interest")]),
        ("Spot,Learn & Earn Rewards,BNB,1,", [(Kind.REWARD, "bonus")]),
        ("Spot,Simple Earn Flexible Airdrop,BTC,1,", [(Kind.REWARD, "airdrop")]),
        ("Spot,POS savings redemption,BTC,1,", Skip),
        ("Spot,Launchpool Subscription/Redemption,BNB,-1,", Skip),
    ],
)
def test_what_binance_calls_what_it_did(line, meant):
    assert of_statement(line) == meant


def test_binances_stakes_are_taken_out_as_they_were_put_in():
    lines = [
        "1,2023-05-01 00:00:00,Spot,ETH 2.0 Staking Withdrawals,BETH,-2,",
        "1,2023-05-01 00:00:00,Spot,ETH 2.0 Staking Withdrawals,ETH,2,",
    ]
    found = readings(text(STATEMENT, *lines))
    assert (net(found), {each.kind for each in found}) == (amounts(BETH="-2", ETH="2"), {Kind.TRADE})
    assert len({each.event for each in found}) == 1


APP = "Timestamp (UTC),Transaction Description,Currency,Amount,To Currency,To Amount,Native Currency,Native Amount,Native Amount (in USD),Transaction Kind"  # noqa: E501 - as it is


def test_what_a_card_bought_in_crypto_coms_app_has_cost_what_was_paid():
    bought, paid = readings(text(APP, "2020-07-27 06:59:55,Buy ETH,ETH,0.4,,,EUR,90,105,crypto_purchase"))
    assert (bought.kind, [(leg.asset, leg.amount) for leg in bought.legs]) == (
        Kind.TRADE,
        [("EUR", -90), ("ETH", Decimal("0.4"))],
    )
    assert (paid.kind, paid.category, [(leg.asset, leg.amount) for leg in paid.legs]) == (
        Kind.DEPOSIT,
        "bank",
        [("EUR", 90)],
    )
    assert len({bought.event, paid.event}) == 2  # else they were netted


@pytest.mark.parametrize(
    ("kind", "meant"),
    [
        ("crypto_credit_loan_credited", (Kind.ADJUSTMENT, "loan")),
        ("viban_deposit_precredit", (Kind.ADJUSTMENT, "loan")),
        ("nft_payout_credited", (Kind.TRADE, "nft")),
        ("reward.loyalty_program.trading_rebate.crypto_wallet", (Kind.REWARD, "rebate")),
        ("exchange_to_viban_transfer", (Kind.DEPOSIT, "exchange")),
        ("finance.defi_staking.staking.crypto_wallet", None),
        ("finance.defi_lending.unstaking.crypto_wallet", None),
        ("finance.defi_lending.compound_interest.crypto_wallet", (Kind.REWARD, "interest")),
        ("crypto_earn_program_extended", None),
        ("trading_limit_order_crypto_wallet_fund_lock", None),
    ],
)
def test_what_crypto_coms_app_calls_what_it_did(kind, meant):
    [found] = results(text(APP, f"2024-01-01 00:00:00,d,CRO,3,,,EUR,1,1,{kind}"))
    assert isinstance(found, Skip) if meant is None else (found.readings[0].kind, found.readings[0].category) == meant


def test_old_times_of_nexos_are_those_of_zug_and_its_ids_are_the_same_in_both_files():
    old = "Transaction,Type,Currency,Amount,USD Equivalent,Details,Outstanding Loan,Date / Time"
    new = "Transaction,Type,Input Currency,Input Amount,Output Currency,Output Amount,USD Equivalent,Details,Date / Time (UTC)"  # noqa: E501 - as it is
    [before] = readings(text(old, "N1,Interest,BTC,0.01,$300,approved / x,$0.00,2022-02-08 07:00:06"))
    [after] = readings(text(new, "N1,Interest,BTC,0.01,BTC,0.01,$300,approved / x,2022-02-08 06:00:06"))
    assert (before.identity, before.at, before.legs) == (after.identity, after.at, after.legs)


def test_what_the_crypto_com_exchange_calls_what_it_did():
    header = "Order,Journal ID,Time (UTC),Event Date,Journal Type,Instrument,Taker Side,Side,Transaction Quantity,Transaction Cost,USD Balance,Realized PNL,Order ID,Trade ID,Trade Match ID,Client Order Id"  # noqa: E501 - as it is
    lines = (
        ("ONCHAIN_WITHDRAWAL,BTC,-1", (Kind.WITHDRAWAL, "")),
        ("OFFCHAIN_DEPOSIT,BTC,1", (Kind.DEPOSIT, "exchange")),
        ("SOFT_STAKE_REWARD,CRO,1", (Kind.REWARD, "staking")),
        ("CORRECTION_REWARD,CRO,1", (Kind.REWARD, "")),
        ("WITHDRAW_FEE,BTC,-0.1", (Kind.FEE, "")),
        ("REALIZED_PNL,USD_Stable_Coin,-3", (Kind.LOST, "futures")),
        ("ROLLBACK_WITHDRAW,BTC,1", (Kind.ADJUSTMENT, "reversal")),
        ("CRYPTO_DUSTING,ADA,-0.1", (Kind.TRADE, "dust")),
    )
    for number, (line, meant) in enumerate(lines):
        what, asset, amount = line.split(",")
        cells = f"1,{number},2025-06-13 13:43:55.137,2025-06-13,{what},{asset},,NULL_VAL,{amount},0,9,0,0,0,0,c"
        [found] = readings(text(header, cells))
        assert (found.kind, found.category, found.order) == (*meant, ""), what
    odd = "1,1,2025-06-13 13:43:55,2025-06-13,{},{},,BUY,1,1,9,0,1,1,1,c"
    for what, asset in (("OFFCHAIN_SALE", "BTC"), ("TRADING", "BTCUSD-PERP")):
        [found] = results(text(header, odd.format(what, asset)))
        assert isinstance(found, Failure), "what is not known waits"


def test_what_revolut_gave_says_for_what():
    header = "Type,Product,Started Date,Completed Date,Description,Amount,Currency,Fiat amount,Fiat amount (inc. fees),Fee,Base currency,State,Balance"  # noqa: E501 - as it is
    end = "0.01,DOT,1,1,0,EUR,COMPLETED,1"
    lines = [f"REWARD,{said},{end}".replace("@", "2023-01-01 00:00:00,2023-01-01 00:00:00") for said in (
        "Current,@,Learn reward", "Crypto Staking,@,Reward", "Current,@,Staking reward"
    )]  # fmt: skip
    assert [each.category for each in readings(text(header, *lines))] == ["bonus", "staking", "staking"]


COINBASE_2018 = "Timestamp,Transaction Type,Asset,Quantity Transacted,USD Spot Price at Transaction,USD Amount Transacted (Inclusive of Coinbase Fees),Address,Notes"  # noqa: E501 - as it is
COINBASE = "ID,Timestamp,Transaction Type,Asset,Quantity Transacted,Price Currency,Price at Transaction,Subtotal,Total (inclusive of fees and/or spread),Fees and/or Spread,Notes,Sender Address,Recipient Address"  # noqa: E501 - as it is


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        (
            "Receive,BTC,0.001,EUR,€1,€5,€5,€0,Received 0.001 BTC from Coinbase Referral,,",
            (Kind.REWARD, "referral", ""),
        ),
        ("Receive,ALGO,0.1,EUR,€1,€5,€5,€0,Received 0.1 ALGO from Coinbase Rewards,,", (Kind.REWARD, "reward", "")),
        ("Receive,XLM,5,EUR,€1,€5,€5,€0,Received 5 XLM from Coinbase Earn,,", (Kind.REWARD, "learning", "")),
        ("Receive,BTC,0.1,EUR,€1,€5,€5,€0,Received 0.1 BTC,bc1from,bc1to", (Kind.DEPOSIT, "", "bc1to")),
        ("Send,BTC,-0.1,EUR,€1,-€5,-€5,€0,Sent 0.1 BTC,bc1from,bc1to", (Kind.WITHDRAWAL, "", "bc1to")),
        ("Retail Simple Price Improvement,USDC,0.02,EUR,€1,€5,€5,€0,,,", (Kind.REWARD, "rebate", "")),
        ("Credit Card Reward,BTC,0.02,EUR,€1,€5,€5,€0,,,", (Kind.REWARD, "cashback", "")),
        ("Derivatives Settlement,USD,-4,EUR,€1,€5,€5,€0,,,", (Kind.WITHDRAWAL, "derivatives", "")),
        ("Derivatives Settlement,USD,4,EUR,€1,€5,€5,€0,,,", (Kind.DEPOSIT, "derivatives", "")),
        ("Intx Deposit,USDC,-4,EUR,€1,€5,€5,€0,,,", (Kind.WITHDRAWAL, "derivatives", "")),
        ("Clawback,USDC,-4,EUR,€1,€5,€5,€0,,,", (Kind.ADJUSTMENT, "clawback", "")),
    ],
)
def test_what_coinbase_calls_what_it_did(line, meant):
    [found] = readings(text(COINBASE, f"c1,2024-01-01 00:00:00 UTC,{line}"))
    assert (found.kind, found.category, found.address) == meant


def test_the_fee_of_coinbases_older_files_is_no_part_of_the_price():
    header = "Timestamp,Transaction Type,Asset,Quantity Transacted,USD Spot Price at Transaction,Subtotal,Total (inclusive of fees),Notes"  # noqa: E501 - as it is
    [found] = readings(text(header, "2020-02-04T10:00:00Z,Sell,BTC,0.005,9000,45.00,43.51,"))
    assert [(leg.asset, str(leg.amount), leg.fee) for leg in found.legs] == [
        ("BTC", "-0.005", False), ("USD", "45.00", False), ("USD", "-1.49", True),
    ]  # fmt: skip
    [old] = readings(text(COINBASE_2018, "02/03/2018,Send,BTC,0.001,8000.00,8.00,1abc,"))
    assert (old.address, old.at.isoformat(), old.worth) == (
        "1abc", "2018-02-03T00:00:00+00:00", Worth(Decimal("8.00"), "USD"),
    )  # fmt: skip


def test_both_lines_of_a_migration_are_one_trade_as_with_the_api():
    header = "ID,Timestamp,Transaction Type,Asset,Quantity Transacted,Subtotal,Notes"
    lines = [f"m{n},2024-10-14 10:00:00 UTC,Asset Migration,{coin},€5," for n, coin in enumerate(("MATIC,-5", "POL,5"))]
    assert {each.event for each in readings(text(header, *lines))} == {"asset_migration:2024-10-14T10:00:00"}


def test_what_is_lent_or_put_into_a_product_of_gates_is_no_cost_and_no_income():
    header = "no,time,action_desc,action_data,type,change_amount,amount,total"
    lines = ["1,2023-01-01 00:00:00,Lend,1,USDT,-30,0,0", "2,2023-01-02 00:00:00,Dual C-Settled,2,USDT,31,0,0"]
    lent, settled = results(text(header, *lines), zone="UTC")
    assert isinstance(lent, Skip)
    assert settled.readings[0].kind is Kind.ADJUSTMENT


def test_both_sides_of_a_trade_in_kucoins_history_are_one():
    header = "UID,Account Type,Currency,Side,Amount,Fee,Time(UTC+02:00),Remark,Type"
    lines = ["1,t,BNB,Withdrawal,0.7,0,2024-01-09 12:52:49,,Spot", "1,t,BTC,Deposit,0.005,0,2024-01-09 12:52:49,,Spot"]
    found = readings(text(header, *lines))
    assert ({each.kind for each in found}, len({each.event for each in found})) == ({Kind.TRADE}, 1)


@pytest.mark.parametrize(
    ("what", "kind", "category"),
    [
        ("Dual Investment subscription", Kind.ADJUSTMENT, "structured"),
        ("Dual Investment settlement", Kind.ADJUSTMENT, "structured"),
        ("Dual Investment profit", Kind.INCOME, "structured"),
        ("Get from activity", Kind.REWARD, "airdrop"),
        ("Defi/Staking purchase", None, ""),
        ("Defi/Staking redemption", None, ""),
        ("Returned collateral", None, ""),
        ("Staking yield", Kind.REWARD, "staking"),
    ],
)
def test_what_comes_back_from_a_product_of_okx_is_no_income(what, kind, category):
    header = "id,Time,Type,Amount,Before Balance,After Balance,Fee,Symbol"
    [found] = results(text(header, f"1,2024-01-01 00:00:00,{what},1,0,1,0,BTC"), zone="UTC")
    if kind is None:
        assert isinstance(found, Skip)
    else:
        assert [(each.kind, each.category) for each in found.readings] == [(kind, category)]


def test_a_fee_in_another_coin_is_none_of_the_lines_own():
    header = "id,Order id,Time,Trade Type,Symbol,Action,Amount,Trading Unit,Filled Price,PnL,Fee,Fee Unit,Position Change,Position Balance,Balance Change,Balance,Balance Unit"  # noqa: E501 - as it is
    line = "9,6,2025-10-20 10:44:26,Spot,BTC-EUR,Sell,6080,EUR,95000,0,-0.0001,BTC,0,0,-6080,0.09,EUR"
    [found] = readings(text(header, line), zone="UTC")
    assert [(leg.asset, leg.amount) for leg in found.legs] == [("EUR", -6080)]


def test_what_a_contract_of_bybits_brings_is_no_trade():
    header = "Uid,Currency,Contract,Type,Direction,Quantity,Position,Filled Price,Funding,Fee Paid,Cash Flow,Change,Wallet Balance,Action,Time(UTC)"  # noqa: E501 - as it is
    line = "1,USDT,ETHUSDT,TRADE,SELL,0.05,0,2530,0,-0.05,1,0.95,306,{},2026-09-19 09:03:24"
    found = readings(text(header, line.format("CLOSE"), line.format("--")))
    assert [(each.kind, each.category) for each in found] == [(Kind.INCOME, "futures")] * 2


def test_a_boost_of_cash_apps_is_a_gift_of_the_card():
    header = (
        "Date,Transaction ID,Transaction Type,Currency,Amount,Fee,Net Amount,Asset Type,Asset Price,Asset Amount,Status"
    )
    [found] = readings(text(header, "2021-01-01 19:00:00 EST,d1,Bitcoin Boost,USD,$1,$0,$1,BTC,$30000,0.0001,COMPLETE"))
    assert (found.kind, found.category, len(found.legs)) == (Kind.REWARD, "cashback", 1)


def test_interest_of_savings_is_no_airdrop():
    header = "User_ID,UTC_Time,Account,Operation,Coin,Change,Remark"
    [interest] = readings(text(header, "1,2024-01-01 00:00:00,Savings,Savings Distribution,USDT,0.5,"))
    assert interest.category == "interest"


def test_what_only_moves_inside_says_so():
    header = "txid,refid,time,type,subtype,aclass,asset,amount,fee,balance"
    [found] = results(text(header, ",R1,2024-01-01 00:00:00,deposit,,currency,XBT,1,0,"))
    assert isinstance(found, Skip)


def test_a_file_and_the_api_name_the_same_things_alike():
    header = "#,PAIR,AMOUNT,PRICE,FEE,FEE PERC,FEE CURRENCY,DATE,ORDER ID"
    [trade] = readings(text(header, "5,BTC/USD,1,2,-0.1,0.2,USD,2021-04-03 10:00:00,7"), zone="UTC")
    assert trade.identity == "trades:5:tBTCUSD"
    header = "ID,Timestamp,Transaction Type,Asset,Quantity Transacted,Subtotal,Notes"
    [receipt] = readings(text(header, "c1,2024-01-01 00:00:00 UTC,Receive,BTC,1,€5,"))
    assert (receipt.identity, receipt.kind) == ("transactions:c1", Kind.DEPOSIT)
