// A Gaussian as an encoder says it.

/** mu and log sigma^2, one after the other, as { mu, sigma, kl }: the KL to N(0, I), in nats. */
export function gaussianOf(said) {
  const [mu, logvar] = [said.slice(0, said.length / 2), said.slice(said.length / 2)];
  const kl = logvar.reduce((sum, value, j) => sum + (mu[j] ** 2 + Math.exp(value) - value - 1) / 2, 0);
  return { mu, sigma: logvar.map((value) => Math.exp(value / 2)), kl: Math.max(0, kl) }; // rounding may go below
}
