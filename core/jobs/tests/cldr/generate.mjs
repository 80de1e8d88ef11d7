// Writes down how CLDR's locales print money, for `tests/amounts.rs` and for the signs that amounts are read with:
//
//   npm pack cldr-core@48.2.0 && tar xf cldr-core-48.2.0.tgz && node generate.mjs package/availableLocales.json
//
// The list of locales is CLDR's; the formats are those of Node's ICU, which must be of the same CLDR release.

import { readFileSync, writeFileSync } from 'node:fs';

const [list] = process.argv.slice(2);
const { full } = JSON.parse(readFileSync(list, 'utf8')).availableLocales;
const locales = Intl.NumberFormat.supportedLocalesOf(full);
const currencies = Intl.supportedValuesOf('currency');
const head = `# Written by tests/cldr/generate.mjs from CLDR ${process.versions.cldr}, ${locales.length} locales.`;

// Of three decimals by ISO 4217, whatever people do with them.
const mills = ['BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND'];
/** Each sign, with the currencies that it stands for. */
const signs = new Map(currencies.map((currency) => [currency, new Set([currency])]));
const formats = new Set();
const compact = new Set();

/** The text with `¤` where the currency's sign is. */
function format(locale, options, number) {
  const parts = new Intl.NumberFormat(locale, options).formatToParts(number);
  return parts.map(({ type, value }) => (type === 'currency' ? '¤' : value)).join('');
}

for (const locale of locales) {
  for (const currency of currencies) {
    for (const currencyDisplay of ['symbol', 'narrowSymbol']) {
      const of = new Intl.NumberFormat(locale, { style: 'currency', currency, currencyDisplay });
      const sign = of.formatToParts(1).filter(({ type }) => type === 'currency');
      for (const { value } of sign) signs.set(value, (signs.get(value) ?? new Set()).add(currency));
    }
  }
  // One currency with a decimal sign of its own, one without decimals, one with two and one with three.
  for (const currency of ['CVE', 'JPY', 'EUR', 'TND']) {
    for (const numbers of ['', '-u-nu-latn', '-u-nu-native']) {
      for (const currencySign of ['standard', 'accounting']) {
        for (const useGrouping of ['auto', 'always']) {
          for (const digits of [{}, { minimumFractionDigits: 2, maximumFractionDigits: 2 }, { maximumFractionDigits: 0 }]) {
            const options = { style: 'currency', currency, currencySign, useGrouping, ...digits };
            for (const number of [1250, -1250]) {
              const text = format(locale + numbers, options, number);
              formats.add(`${number}\t${text}`);
            }
          }
        }
      }
    }
  }
  for (const [power, number] of [1250, 1_250_000, 1_250_000_000, 1.25e12].entries()) {
    for (const compactDisplay of ['short', 'long']) {
      const options = { notation: 'compact', compactDisplay, maximumFractionDigits: 3 };
      for (const more of [{}, { style: 'currency', currency: 'EUR' }]) {
        const text = format(locale, { ...options, ...more }, number);
        compact.add(`${number}\t${text}`);
      }
    }
  }
}

const lines = (set) => [head, ...[...set].filter((line) => line.trim()).sort()].join('\n') + '\n';
const marked = [...signs].map(([sign, of]) => (mills.some((currency) => of.has(currency)) ? `${sign}\t3` : sign));
writeFileSync('../../src/amount/signs.txt', lines(marked));
writeFileSync('formats.txt', lines(formats));
writeFileSync('compact.txt', lines(compact));
