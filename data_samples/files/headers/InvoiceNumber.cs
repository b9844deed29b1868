//-----------------------------------------------------------------------
// <copyright file="InvoiceNumber.cs" company="Contoso Bookkeeping">
//     Copyright (c) Contoso Bookkeeping. All rights reserved.
//     Licensed under the MIT license. See LICENSE file in the project root for full license information.
// </copyright>
//-----------------------------------------------------------------------

using System;
using System.Linq;

namespace Contoso.Bookkeeping
{
    /// <summary>A number such as 2024-000173-5 whose last digit guards against typing errors.</summary>
    public readonly struct InvoiceNumber : IEquatable<InvoiceNumber>
    {
        public InvoiceNumber(int year, int serial)
        {
            if (serial < 1 || serial > 999999) throw new ArgumentOutOfRangeException(nameof(serial));
            Year = year;
            Serial = serial;
        }

        public int Year { get; }

        public int Serial { get; }

        public int CheckDigit
        {
            get
            {
                string digits = $"{Year:0000}{Serial:000000}";
                int sum = digits.Select((digit, place) => (digit - '0') * (place % 2 == 0 ? 1 : 3)).Sum();
                return (10 - (sum % 10)) % 10;
            }
        }

        public bool Equals(InvoiceNumber other) => Year == other.Year && Serial == other.Serial;

        public override string ToString() => $"{Year:0000}-{Serial:000000}-{CheckDigit}";
    }
}
