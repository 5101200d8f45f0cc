"""money and currency: amounts in minor units, and the codes of ISO 4217."""

from __future__ import annotations

from rulewright.fieldtypes import FieldType, text_type, whole_number_type

# ISO 4217, active codes, as of January 2026; a test compares them with the package iso4217.
CURRENCIES = frozenset(
    """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF
    CHE CHF CHW CLF CLP CNY COP COU CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP
    GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT
    LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR
    NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN
    SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD USN UYI UYU UYW UZS VED VES VND VUV WST XAD
    XAF XAG XAU XBA XBB XBC XBD XCD XCG XDR XOF XPD XPF XPT XSU XTS XUA XXX YER ZAR ZMW ZWG
    """.split()  # noqa: SIM905 - a table of codes, to be read
)


def rulewright_field_types() -> list[FieldType]:
    """The types money and currency."""
    return [
        whole_number_type(
            "money",
            "an amount in minor units (pence, cents)",
            example=15099,
            wrong="150.99",
            docs="""A whole number of the smallest unit of its currency, so that nothing is ever rounded:
15099 is £150.99, and 15099 yen are 15,099 yen. How many digits stand behind the point is ISO 4217's to say;
the function `money(amount, currency)` writes it for people.""",
        ),
        text_type(
            "currency",
            "an ISO 4217 currency code",
            check=CURRENCIES.__contains__,
            example="GBP",
            wrong="Pounds",
            docs="Three capital letters, one of the active codes of ISO 4217 (January 2026).",
        ),
    ]
