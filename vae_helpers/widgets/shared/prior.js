// The prior N(0, I) on a plane: how much of it lies how near to the origin.

/** The share of the prior N(0, I) that lies nearer to the origin than r. */
export function massInside(r) {
  return -Math.expm1((-r * r) / 2);
}

/** The radius of the circle that holds a share of the prior: the inverse of massInside. */
export function radiusOf(share) {
  return Math.sqrt(-2 * Math.log1p(-share));
}

/** A share in per cent: with as many decimals as it takes to tell it from 100. */
export function percent(share) {
  const decimals = Math.ceil(-Math.log10(100 * (1 - share)) - 1e-6); // less a rounding error at 99 %
  return `${(100 * share).toFixed(Math.min(Math.max(decimals, 0), 6))} %`;
}
