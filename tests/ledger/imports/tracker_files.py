"""The headers of other programs' files, and small files of ours under them, added up by hand wallet by wallet."""

from __future__ import annotations

from ledger.imports.tables import names_of
from tests.ledger.imports.files import amounts, text

CASES = """
koinly_template: Date,Sent Amount,Sent Currency,Received Amount,Received Currency,Fee Amount,Fee Currency,Net Worth Amount,Net Worth Currency,Label,Description,TxHash
koinly_simple: Koinly Date,Amount,Currency,Label,TxHash
koinly_simple: Koinly Date,Amount,Currency,Label,TxHash,Net Worth Amount,Net Worth Currency,Description
koinly_export: Date,Type,Label,Sending Wallet,Sent Amount,Sent Currency,Sent Cost Basis,Receiving Wallet,Received Amount,Received Currency,Received Cost Basis,Fee Amount,Fee Currency,Gain (EUR),Net Value (EUR),Fee Value (EUR),TxSrc,TxDest,TxHash,Description
koinly_export: Date (UTC),Type,Tag,Sending Wallet,Sent Amount,Sent Currency,Sent Cost Basis,Receiving Wallet,Received Amount,Received Currency,Received Cost Basis,Fee Amount,Fee Currency,Gain (USD),Net Value (USD),Fee Value (USD),TxSrc,TxDest,TxHash,Description
koinly_bulk_edit: ID (read-only),Parent ID (read-only),Date (UTC),Type,Tag,From Wallet (read-only),From Wallet ID,From Amount,From Currency,To Wallet (read-only),To Wallet ID,To Amount,To Currency,Fee Amount,Fee Currency,Net Worth Amount,Net Worth Currency,Fee Worth Amount,Fee Worth Currency,Net Value (read-only),Fee Value (read-only),Value Currency (read-only),Deleted,From Source (read-only),To Source (read-only),Negative Balances (read-only),Missing Rates (read-only),Missing Cost Basis (read-only),Synced To Accounting At (UTC read-only),TxSrc,TxDest,TxHash,Description
cointracker_template: Date,Received Quantity,Received Currency,Sent Quantity,Sent Currency,Fee Amount,Fee Currency,Tag
cointracker_template: Tag,Date,Sent Quantity,Sent Currency,Received Quantity,Received Currency,Fee Amount,Fee Currency
cointracker_export: Date,Type,Transaction ID,Received Quantity,Received Currency,Received Cost Basis (USD),Received Wallet,Received Address,Received Comment,Sent Quantity,Sent Currency,Sent Cost Basis (USD),Sent Wallet,Sent Address,Sent Comment,Fee Amount,Fee Currency,Fee Cost Basis (USD),Realized Return (USD),Fee Realized Return (USD),Transaction Hash
cointracker_export: Date,Type,Transaction ID,Received Quantity,Received Currency,Received Cost Basis (USD,Received Wallet,Received Address,Received Tag,Received Comment,Sent Quantity,Sent Currency,Sent Cost Basis (USD,Sent Wallet,Sent Address,Sent Tag,Sent Comment,Fee Amount,Fee Currency,Realized Return (USD,Ignored
cointracking_export: "Type","Buy","Cur.","Sell","Cur.","Fee","Cur.","Exchange","Group","Comment","Date"
cointracking_full: Type,Buy Amount,Buy\u00a0Currency,Sell Amount,Sell Currency,Fee,Fee\u00a0Currency,Exchange,Trade-Group,Comment,Date,Tx-ID,Buy Value in Account Currency,Sell Value in Account Currency,Liquidity pool
cointracking_full: Type,Buy Amount,Buy Currency,Sell Amount,Sell Currency,Fee,Fee Currency,Exchange,Trade-Group,Comment,Date
cointracking_values: Type,Buy,Cur.,Value in BTC,Value in EUR,Sell,Cur.,Value in BTC,Value in EUR,Spread,Exchange,Group,Date
coinledger_template: Date (UTC),Platform (Optional),Asset Sent,Amount Sent,Asset Received,Amount Received,Fee Currency (Optional),Fee Amount (Optional),Type,Description (Optional),TxHash (Optional)
coinledger_export: Timestamp (UTC),Type,Internal Id,Platform,Account Name,Platform Id,Blockchain Id,Record Type,Asset,Amount,Description
rotki_trades: Location,Spend Currency,Receive Currency,Receive Amount,Spend Amount,Fee,Fee Currency,Description,Timestamp
rotki_events: Type,Location,Currency,Amount,Fee,Fee Currency,Description,Timestamp
summ: Timestamp (UTC),Type,Base Currency (Optional),Base Amount (Optional),Quote Currency (Optional),Quote Amount (Optional),Fee Currency (Optional),Fee Amount (Optional),From (Optional),To (Optional),ID (Optional),Description (Optional)
tokentax: Type,BuyAmount,BuyCurrency,SellAmount,SellCurrency,FeeAmount,FeeCurrency,Exchange,Group,Comment,Date
zenledger: Timestamp,Type,IN Amount,IN Currency,Out Amount,Out Currency,Fee Amount,Fee Currency,Exchange(optional),US Based
blockpit: Date (UTC),Integration Name,Label,Outgoing Asset,Outgoing Amount,Incoming Asset,Incoming Amount,Fee Asset (optional),Fee Amount (optional),Comment (optional),Trx. ID (optional)
blockpit: Date (UTC),Integration Name,Label,Outgoing Asset,Outgoing Amount,Incoming Asset,Incoming Amount,Fee Asset,Fee Amount,Trx. ID,Comments,Source Type,Source Name
blockpit_old: Blockpit ID,Timestamp,Source Type,Source Name,Integration,Transaction Type,Outgoing Asset,Outgoing Amount,Incoming Asset,Incoming Amount,Fee Asset,Fee Amount,Transaction ID,Note,Merge ID
bitcointax_trades: Date,Action,Symbol,Account,Volume,Price,Currency,Fee,FeeCurrency,Total,Cost/Proceeds,ExchangeId,Category,Subaccount,Memo,SymbolBalance,CurrencyBalance,FeeBalance
bitcointax_single: Date,Action,Symbol,Account,Volume,Price,Currency,Fee,FeeCurrency,Total,Ref,Memo,Margin,MarginId,TxHash,Sender,Recipient
accointing: timeExecuted,type,boughtQuantity,boughtCurrency,boughtCurrencyId,soldQuantity,soldCurrency,soldCurrencyId,feeQuantity,feeCurrency,feeCurrencyId,classification,walletName,walletProvider,txId,primaryAddress,otherAddress,temporaryCurrencyName,temporaryFeeCurrencyName,temporaryBoughtCurrencyTicker,temporarySoldCurrencyTicker,temporaryFeeCurrencyTicker,id,associatedTransferId,comments
accointing: timeExecuted,type,boughtQuantity,boughtCurrency,boughtCurrencyId,soldQuantity,soldCurrency,soldCurrencyId,feeQuantity,feeCurrency,feeCurrencyId,classification,walletName,walletProvider,providerId,txId,primaryAddress,otherAddress,temporaryCurrencyName,temporaryFeeCurrencyName,temporaryBoughtCurrencyTicker,temporarySoldCurrencyTicker,temporaryFeeCurrencyTicker,id,associatedTransferId,comments
accointing_valued: timeExecuted,type,boughtQuantity,boughtCurrency,boughtCurrencyId,soldQuantity,soldCurrency,soldCurrencyId,feeQuantity,feeCurrency,feeCurrencyId,classification,walletName,walletProvider,providerId,txId,primaryAddress,otherAddress,temporaryCurrencyName,temporaryFeeCurrencyName,temporaryBoughtCurrencyTicker,temporarySoldCurrencyTicker,temporaryFeeCurrencyTicker,id,associatedTransferId,comments,fiatValueOverwrite,feeFiatValueOverwrite
bittytax: Type,Buy Quantity,Buy Asset,Buy Value in GBP,Sell Quantity,Sell Asset,Sell Value in GBP,Fee Quantity,Fee Asset,Fee Value in GBP,Wallet,Timestamp,Note,Raw Data
dali_in: Unique ID,Timestamp,Asset,Exchange,Holder,Transaction Type,Spot Price,Crypto In,Crypto Fee,USD In No Fee,USD In With Fee,USD Fee,Notes
dali_in_fiat: Unique ID,Timestamp,Asset,Exchange,Holder,Transaction Type,Spot Price,Crypto In,Crypto Fee,Fiat In No Fee,Fiat In With Fee,Fiat Fee,Notes
dali_out: Unique ID,Timestamp,Asset,Exchange,Holder,Transaction Type,Spot Price,Crypto Out No Fee,Crypto Fee,Crypto Out With Fee,Fiat Out No Fee,Fiat Fee,Notes
dali_intra: Unique ID,Timestamp,Asset,From Exchange,From Holder,To Exchange,To Holder,Spot Price,Crypto Sent,Crypto Received,Notes
"""  # noqa: E501 - header lines as they are
HEADERS = [tuple(case.replace("\\u00a0", "\u00a0").split(": ", 1)) for case in CASES.strip().splitlines()]
HEADER = {}
for _name, _header in HEADERS:
    HEADER.setdefault(_name, _header)
TRACKERS = sorted(HEADER)


def columns(header):
    return names_of(header.replace('"', "").split(","))


def file(name, *lines, header=0):
    found = [told for form, told in HEADERS if form == name][header]
    return text(found, *lines)


def line(name, header=0, separator=",", **cells):
    """A line by its columns' names, with what is not said left empty."""
    names = columns([told for form, told in HEADERS if form == name][header])
    short = {folded(column): place for place, column in enumerate(names)}
    filled = [""] * len(names)
    for key, value in cells.items():
        filled[short[key]] = value
    return separator.join(filled)


def folded(column):
    return "".join(letter if letter.isalnum() else "_" for letter in column.lower()).strip("_")


UTC = {"zone": "UTC"}
DAI = "eip155:1/erc20:0x6B175474E89094C44Da98b954EedeAC495271d0F"
TX = "0x" + "ab" * 32
# name -> (lines, what is said beside, what moved in each place; "" is all of the file in one wallet)
FILES = {
    "koinly_template": (
        [
            "2024-01-01 10:00,,,1,BTC,,,,,,,",
            "2024-01-02 10:00,0.5,BTC;12,10000,USD,5,USD;3,9995,USD;3,,,",
            "2024-01-03 10:00,,,100,NULL1;77,,,,,airdrop,Thanks,ab",
            "2024-01-04 10:00,0.1,BTC,,,0.0001,BTC,,,gift,,",
        ],
        {},
        {"": amounts(BTC="0.3999", USD="9995", NULL1="100")},
    ),
    "koinly_simple": (
        ["2024-01-01 10:00,1,BTC,,", "2024-01-02 10:00,-0.4,BTC,lost,ab"],
        {},
        {"": amounts(BTC="0.6")},
    ),
    "koinly_export": (
        [
            "2024-01-01 10:00:00,fiat_deposit,,,,,,Kraken,1000,EUR,,,,,1000,,,,,",
            "2024-01-02 10:00:00,buy,,Kraken,500,EUR,,Kraken,0.02,BTC,,1,EUR,,500,1,,,,",
            "2024-01-03 10:00:00,transfer,,Kraken,0.01,BTC,,Ledger;led,0.01,BTC,,0.0001,BTC,,250,2,a,b,ab,To my device",
            "2024-01-04 10:00:00,exchange,,Ledger;led,0.005,BTC,,MetaMask,0.1,ETH;9,,0.001,ETH,,120,2,,,,",
        ],
        {},
        {
            "Kraken": amounts(EUR="499", BTC="0.0099"),
            "Ledger": amounts(BTC="0.005", ETH="-0.001"),
            "MetaMask": amounts(ETH="0.1"),
            "": amounts(EUR="499", BTC="0.0149", ETH="0.099"),
        },
    ),
    "koinly_bulk_edit": (
        [
            line("koinly_bulk_edit", id__read_only="A1", date__utc="2024-01-01 10:00:00", tag="staking",
                 to_wallet__read_only="Kraken;kr", to_amount="2.0", to_currency="DOT;6", deleted="false"),
            line("koinly_bulk_edit", id__read_only="A2", date__utc="2024-01-02 10:00:00", type="transfer",
                 from_wallet__read_only="Kraken;kr", from_amount="1.01", from_currency="DOT;6",
                 to_wallet__read_only="Nova", to_amount="1.0",
                 to_currency="DOT;6", fee_amount="0.01", fee_currency="DOT;6", deleted="false"),
        ],
        {},
        {"Kraken": amounts(DOT="0.99"), "Nova": amounts(DOT="1"), "": amounts(DOT="1.99")},
    ),
    "cointracker_template": (
        [
            "01/13/2024 10:00:00,1,BTC,,,,,",
            "01/14/2024 10:00:00,1000,USD,0.02,BTC,5,USD,",
            "01/15/2024 10:00:00,,,0.1,BTC,,,donation",
        ],
        {},
        {"": amounts(BTC="0.88", USD="995")},
    ),
    "cointracker_export": (
        [
            line("cointracker_export", date="01/13/2024 10:00:00", type="RECEIVE", transaction_id="1",
                 received_quantity="1", received_currency="ETH", received_wallet="Coinbase - ETH wallet"),
            "",
            line("cointracker_export", date="01/14/2024 10:00:00", type="TRANSFER", transaction_id="2",
                 sent_quantity="0.5", sent_currency="ETH", sent_wallet="Coinbase - ETH wallet",
                 received_quantity="0.499", received_currency="ETH", received_wallet="Ledger",
                 fee_amount="0.001", fee_currency="ETH"),
            line("cointracker_export", date="01/15/2024 10:00:00", type="STAKING_REWARD", transaction_id="3",
                 received_quantity="0.01", received_currency="ETH", received_wallet="Ledger"),
            line("cointracker_export", date="01/16/2024 10:00:00", type="TRADE", transaction_id="4",
                 sent_quantity="0.009", sent_currency="ETH", sent_wallet="Ledger"),
            line("cointracker_export", date="01/17/2024 10:00:00", type="SELL", transaction_id="5", sent_quantity="0.1",
                 sent_currency="ETH", sent_wallet="Coinbase - ETH wallet", received_quantity="250",
                 received_currency="USD", received_wallet="Coinbase - USD wallet"),
            "...",
            '"... only the first lines are shown, upgrade to see all",,',
        ],
        {},
        {
            "Coinbase": amounts(ETH="0.4", USD="250"),
            "Ledger": amounts(ETH="0.5"),
            "": amounts(ETH="0.9", USD="250"),
        },
    ),
    "cointracking_export": (
        [
            '"Deposit","1000.00","EUR","-","","-","","Kraken","","","13.02.2024 10:00"',
            '"Trade","0.99","BTC","505.00","EUR","5.00","EUR","Kraken","","","14.02.2024 10:00"',
            '"Trade","0.5","ETH","0.1","BTC","0.01","BNB","Binance","","","14.02.2024 11:00"',
            '"Other Fee","-","","0.01","BNB","-","","Binance","","","14.02.2024 11:00"',
            '"Withdrawal","-","","0.101","BTC","0.001","BTC","Kraken","","","15.02.2024 10:00"',
            '"Spend","-","","0.01","BTC","-","","","","","16.02.2024 10:00"',
        ],
        UTC,
        {
            "Kraken": amounts(EUR="495", BTC="0.889"),
            "Binance": amounts(ETH="0.5", BTC="-0.1", BNB="-0.01"),
            "No wallet named": amounts(BTC="-0.01"),
            "": amounts(EUR="495", BTC="0.779", ETH="0.5", BNB="-0.01"),
        },
    ),
    "cointracking_full": (
        [
            "Trade,0.99,BTC,500,EUR,0.01,BTC,Kraken,Long,,2024-02-14 10:00:00,t1.BTC.EUR,500,500,",
            "Staking,0.1,DOT,,,,,Kraken,,,2024-02-14 10:00:00,t2.DOT.,1,,",
            "Staking,0.1,DOT,,,,,Kraken,,,2024-02-14 10:00:00,t3.DOT.,1,,",
        ],
        UTC,
        {"": amounts(BTC="0.99", EUR="-500", DOT="0.2")},
    ),
    "cointracking_values": (
        ["Gift/Tip,0.2,BTC,0.2,8000.00,-,,-,-,-,Wallet,,2024-02-14 10:00:00"],
        UTC,
        {"": amounts(BTC="0.2")},
    ),
    "coinledger_template": (
        [
            "01/13/2024 10:00:00,Kraken,EUR,100,BTC,0.01,EUR,1,Trade,,",
            "01/14/2024 10:00:00,Kraken,BTC,0.005,,,,,Withdrawal,,ab",
            "01/15/2024 10:00:00,Kraken,,,ATOM,2,,,Staking,,",
        ],
        {},
        {"": amounts(EUR="-101", BTC="0.005", ATOM="2")},
    ),
    "coinledger_export": (
        [
            "2024-01-01T10:00:00.000,Trade,7,Kraken,Kraken main,,,Debit,EUR,-100,",
            "2024-01-01T10:00:00.000,Trade,7,Kraken,Kraken main,,,Credit,BTC,0.01,",
            "2024-01-01T10:00:00.000,Trade,7,Kraken,Kraken main,,,Platform Fee,EUR,-1,",
            "2024-01-02T10:00:00.000,Withdrawal,8,Kraken,Kraken main,,ab,Debit,BTC,-0.005,",
            "2024-01-02T10:00:00.000,Withdrawal,8,Kraken,Kraken main,,ab,Network Fee,BTC,-0.0001,",
            "2024-01-02T10:10:00.000,Deposit,9,Ledger,Ledger one,,ab,Credit,BTC,0.005,",
            "2024-01-03T10:00:00.000,Margin Gain,10,Kraken,Kraken main,,,Margin Gain,USDT,-5,",
            "2024-01-04T10:00:00.000,Interest,11,Kraken,Kraken main,,,Credit,USDT,-1.25,",
        ],
        {},
        {
            "Kraken main": amounts(EUR="-101", BTC="0.0049", USDT="-6.25"),
            "Ledger one": amounts(BTC="0.005"),
            "": amounts(EUR="-101", BTC="0.0099", USDT="-6.25"),
        },
    ),
    "rotki_trades": (
        [
            "kraken,LTC,BTC,4.3,390,,,Sold,1659171600000",
            f"uniswap,USDC (eip155:1/erc20:0xA0b8),{DAI},880,20,0.1,USD,,1659344400000",
        ],
        {},
        {
            "kraken": amounts(LTC="-390", BTC="4.3"),
            "uniswap": amounts(USDC="-20", USD="-0.1") | amounts(**{DAI: "880"}),
        },
    ),
    "rotki_events": (
        [
            "Deposit,kraken,EUR,1000,,,,1658912400000",
            "Withdrawal,binance,USDT,50,0.5,USDT,,1658998800000",
            "Income,luno,BTC,0.1,,,,1659340800000",
            "Loss,bitmex,BTH,100,,,,1659430800000",
            "Spend,kraken,EUR,10,,,,1659430800000",
            "Staking,kraken,XTZ,0.5,,,,1659430800000",
        ],
        {},
        {"": amounts(EUR="990", USDT="-50.5", BTC="0.1", BTH="-100", XTZ="0.5")},
    ),
    "summ": (
        [
            "13/02/2024 10:00:00,buy,BTC,0.1,EUR,4000,EUR,10,Kraken,,t1,",
            "14/02/2024 10:00:00,sell,BTC,0.02,EUR,900,EUR,2,Kraken,,t2,",
            "15/02/2024 10:00:00,send,BTC,0.05,,,BTC,0.0001,Kraken,Ledger,t3,",
            "15/02/2024 11:00:00,receive,BTC,0.05,,,,,Kraken,Ledger,t3,",
            "16/02/2024 10:00:00,staking-deposit,ETH,1,,,,,Kraken,,,",
            "17/02/2024 10:00:00,airdrop,UNI,400,,,,,,Ledger,,",
        ],
        {},
        {
            "Kraken": amounts(BTC="0.0299", EUR="-3112", ETH="-1"),
            "Ledger": amounts(BTC="0.05", UNI="400"),
            "": amounts(BTC="0.0799", EUR="-3112", ETH="-1", UNI="400"),
        },
    ),
    "tokentax": (
        [
            "Trade,1,BTC,40000,USD,10,USD,Kraken,,,02/13/2024 10:00",
            "Stolen,,,0.5,BTC,,,Kraken,,,02/14/2024 10:00",
        ],
        UTC,
        {"": amounts(BTC="0.5", USD="-40010")},
    ),
    "zenledger": (
        [
            "2024-02-13 10:00:00,buy,1,BTC,40000,USD,10,USD,Kraken,true",
            "2024-02-14 10:00:00,airdrop,5,UNI,30,USD,,,Kraken,true",
            "2024-02-15 10:00:00,send,300,USD,0.01,BTC,0.0001,BTC,Kraken,true",
        ],
        UTC,
        {"": amounts(BTC="0.9899", USD="-40010", UNI="5")},
    ),
    "blockpit": (
        [
            "13.02.2024 10:00:00,Kraken,Trade,EUR,500,BTC,0.01,EUR,1,,",
            "14.02.2024 10:00:00,Kraken,Staking,,,DOT,1.5,,,,",
            "14.02.2024 11:00:00,Kraken,Non-Taxable Out,BTC,0.001,,,,,,",
        ],
        {},
        {"": amounts(EUR="-501", BTC="0.009", DOT="1.5")},
    ),
    "bitcointax_trades": (
        [
            "2024-01-01 10:00:00 +0000,BUY,BTC,Kraken,0.1,40000,USD,4,USD,4000,4004,1,,,,0.1,0,0",
            "2024-01-02 10:00:00 +0000,SELL,BTC,Kraken,0.05,42000,USD,-0.5,USD,2100,2100.5,2,,,,0.05,0,0",
        ],
        {},
        {"": amounts(BTC="0.05", USD="-1903.5")},
    ),
    "bitcointax_single": (
        [
            "2024-01-01 10:00:00 +0000,INCOME,BTC,Pool,0.1,40000,USD,,,4000,,Work,,,ab,,",
            "2024-01-02 10:00:00 +0000,SPEND,BTC,Pool,0.02,40000,USD,0.0001,BTC,800,,,,,,,",
        ],
        {},
        {"": amounts(BTC="0.0799")},
    ),
    "accointing": (
        [
            line("accointing", timeexecuted="02/13/2024 10:00:00", type="order", boughtquantity="1",
                 boughtcurrency="ETH", soldquantity="2000", soldcurrency="EUR", feequantity="2", feecurrency="EUR",
                 walletname="Kraken", id="1"),
            line("accointing", timeexecuted="02/14/2024 10:00:00", type="withdraw", soldquantity="0.5",
                 soldcurrency="ETH", classification="internal", walletname="Kraken", id="2"),
            line("accointing", timeexecuted="02/14/2024 10:05:00", type="deposit", boughtquantity="0.5",
                 boughtcurrency="ETH", classification="internal", walletname="Ledger", id="3"),
            line("accointing", timeexecuted="02/15/2024 10:05:00", type="deposit", boughtquantity="7",
                 temporaryboughtcurrencyticker="NEWT", classification="airdrop", walletname="Ledger", id="4"),
        ],
        UTC,
        {
            "Kraken": amounts(ETH="0.5", EUR="-2002"),
            "Ledger": amounts(ETH="0.5", NEWT="7"),
            "": amounts(ETH="1", EUR="-2002", NEWT="7"),
        },
    ),
    "accointing_valued": (
        [
            line("accointing_valued", timeexecuted="02/13/2024 10:00:00", type="deposit", boughtquantity="1",
                 boughtcurrency="ETH", classification="mined", walletname="Pool", id="1", fiatvalueoverwrite="1900.5"),
        ],
        {"zone": "UTC", "base": "EUR"},
        {"": amounts(ETH="1")},
    ),
    "bittytax": (
        [
            "Trade,1,BTC,30000,30000,GBP,,10,GBP,,Kraken,2024-02-13T10:00:00 UTC,,",
            "Withdrawal,,,,0.5,BTC,,0.0001,BTC,,Kraken,2024-02-14T10:00:00 UTC,,",
            "Deposit,0.5,BTC,,,,,,,,Ledger,2024-02-14T10:05:00 UTC,,",
            "Gift-Spouse,,,,0.1,BTC,,,,,Ledger,2024-02-15T10:05:00 UTC,,raw",
        ],
        {},
        {"Kraken": amounts(BTC="0.4999", GBP="-30010"), "Ledger": amounts(BTC="0.4")},
    ),
    "dali_in": (
        [
            "a1,2024-01-01 10:00:00 +0000,BTC,Kraken,Bob,Buy,40000,0.1,,4000,4010,10,",
            "a2,2024-01-02 10:00:00 +0000,DOT,Kraken,Bob,Staking,7,1,,7,7,0,",
        ],
        {},
        {"": amounts(BTC="0.1", USD="-4010", DOT="1")},
    ),
    "dali_in_fiat": (
        ["a1,2024-01-01 10:00:00 +0000,BTC,Kraken,Bob,Buy,40000,0.1,0.001,,,,"],
        {"base": "EUR"},
        {"": amounts(BTC="0.099", EUR="-4000")},
    ),
    "dali_out": (
        [
            "b1,2024-01-01 10:00:00 +0000,BTC,Kraken,Bob,Sell,40000,0.1,0.001,0.101,4000,,",
            "b2,2024-01-02 10:00:00 +0000,BTC,Kraken,Bob,Gift,40000,0.2,0,0.2,8000,,For Ann",
        ],
        {"base": "USD"},
        {"": amounts(BTC="-0.301", USD="4000")},
    ),
    "dali_intra": (
        [
            f"{TX},2024-01-01 10:00:00 +0000,BTC,Kraken,Bob,Ledger,Bob,__unknown,0.5,0.499,",
            "c2,2024-01-01 10:00:00 +0000,BTC,Kraken,Bob,Ledger,Bob,__unknown,__unknown,0.1,",
        ],
        {},
        {"Kraken (Bob)": amounts(BTC="-0.5"), "Ledger (Bob)": amounts(BTC="0.599"), "": amounts(BTC="0.099")},
    ),
}  # fmt: skip
