// Tell the kernel what a hand does in the page: now and then, so that a drag does not flood it.

const SAVE_EVERY = 120; // ms; the page itself answers on every frame

/** `soon()` saves the model's changes within 120 ms, `flush()` at once, and `stop()` saves what is left. */
export function saveNowAndThen(model) {
  let timer = 0;
  const flush = () => {
    clearTimeout(timer);
    timer = 0;
    model.save_changes();
  };
  return { soon: () => (timer ||= setTimeout(flush, SAVE_EVERY)), flush, stop: () => timer && flush() };
}
