// Figures as the pages write them: thousands parted, a true minus; what was measured with all its decimals.

const short = new Intl.NumberFormat("en", { maximumSignificantDigits: 4 });
const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const aligned = new Intl.NumberFormat("en", { minimumFractionDigits: 4, maximumFractionDigits: 4 });
const few = new Intl.NumberFormat("en", { minimumSignificantDigits: 4, maximumSignificantDigits: 4 });

const small = (value) => value.toExponential(3).replace(/\.?0+e/, "e");
const written = (text) => text.replaceAll("-", "−");

export function number(value) {
  const size = Math.abs(value);
  return written(size >= 1000 ? whole.format(value) : size && size < 0.0001 ? small(value) : short.format(value));
}

export function measured(value) {
  const size = Math.abs(value);
  if (Number.isInteger(value) || size >= 1000 || size < 0.00005) return number(value);
  return written((size < 1 ? aligned : few).format(value));
}

export const signed = (value) => (value > 0 ? "+" : "") + measured(value);
