"""What an epoch would take elsewhere: the arithmetic of docs/scale.md, from figures as they are printed there.

A step takes ``batch / processes * FLOP an image / FLOP/s`` for its matrix products, or what it takes the processor to
call the operations one after another if that is longer (a GPU waits for it), and then the time of the all-reduce: in
a ring each process sends ``2 (n - 1) / n`` times the gradient's bytes. Nothing overlaps; no latency is counted.
"""

from collections.abc import Iterable
from typing import NamedTuple

PIXELS = 28 * 28
BYTES_A_FLOAT = 4
BILLION = 10**9
# Assumptions, of no machine that was here: NVIDIA's data sheet of the H100 SXM, at its peak, which no training reaches.
GPU_FLOPS = 67e12  # a second, float32 outside the tensor cores
NVLINK = 450e9  # bytes a second one way: half of the 900 GB/s that are given for both
ETHERNET = 12.5e9  # bytes a second: 100 Gbit/s between machines


class Network(NamedTuple):
    """What is measured of a network here; as printed, so that a reader gets the same from the page."""

    name: str
    weights: int  # all that are trained, biases too
    mflop: float  # an image, forward and backward
    gflops: float  # of it done in a second by `fit`, on one core


class Case(NamedTuple):
    """A training to be projected."""

    where: str
    network: Network
    processes: int
    batch: int  # of all processes together
    images: int
    flops: float  # a second, of each process
    link: float = float("inf")  # bytes a second, one way
    overhead: float = 0.0  # seconds to call the operations of a step


class Projection(NamedTuple):
    """Seconds of the parts of a step and of an epoch, and bytes that are read each second."""

    products: float
    all_reduce: float
    step: float
    epoch: float
    reading: float


def flop_per_image(sizes: Iterable[tuple[int, int]]) -> int:
    """Of the matrix products of layers of sizes (inputs, outputs), first one first: forward and backward.

    2 for each weight (multiply, add) in the forward product, 2 for the weight's gradient, 2 for the gradient of the
    layer's inputs; the first layer's inputs are the images, which need none.

    >>> flop_per_image([(784, 400), (400, 784)]) == 2 * (3 * 2 * 784 * 400 - 784 * 400)
    True
    """
    products = [n_in * n_out for n_in, n_out in sizes]
    return 6 * sum(products) - 2 * products[0]


def all_reduce_bytes(weights: int, processes: int) -> float:
    """What each process sends in a step.

    >>> all_reduce_bytes(1_000_000, 8)
    7000000.0
    """
    return 2 * (processes - 1) / processes * BYTES_A_FLOAT * weights


def project(case: Case) -> Projection:
    """The arithmetic of this module's first lines."""
    products = case.batch / case.processes * case.network.mflop * 1e6 / case.flops
    all_reduce = all_reduce_bytes(case.network.weights, case.processes) / case.link
    step = max(products, case.overhead) + all_reduce
    epoch = case.images / case.batch * step
    return Projection(products, all_reduce, step, epoch, case.images * PIXELS / epoch)


def cases(small: Network, large: Network, overhead: float) -> list[Case]:
    """Those of docs/scale.md; ``overhead`` in seconds a step."""
    one_gpu = {"processes": 1, "flops": GPU_FLOPS, "overhead": overhead, "images": BILLION}
    nvlink = one_gpu | {"processes": 8, "link": NVLINK}
    here = {"processes": 1, "batch": 256}
    return [
        Case("here, one core", small, images=60_000, flops=small.gflops * 1e9, **here),
        Case("here, one core", small, images=BILLION, flops=small.gflops * 1e9, **here),
        Case("here, one core", large, images=BILLION, flops=large.gflops * 1e9, **here),
        Case("1 GPU", small, batch=256, **one_gpu),
        Case("8 GPUs, NVLink", small, batch=256, **nvlink),
        Case("1 GPU", small, batch=65_536, **one_gpu),
        Case("8 GPUs, NVLink", small, batch=65_536, **nvlink),
        Case("1 GPU", large, batch=65_536, **one_gpu),
        Case("8 GPUs, NVLink", large, batch=65_536, **nvlink),
        Case("8 GPUs, 100 Gbit/s", large, batch=65_536, **(nvlink | {"link": ETHERNET})),
    ]


def projection_table(small: Network, large: Network, overhead: float) -> str:
    """The page's table, as Markdown."""
    head = ["where", "network", "images", "batch", "a step: products", "calls", "all-reduce", "an epoch", "reads"]
    rows = []
    for case in cases(small, large, overhead):
        found = project(case)
        rows.append(
            [
                case.where,
                case.network.name,
                f"{case.images:,}",
                f"{case.batch:,}",
                duration(found.products),
                duration(case.overhead) if case.overhead else "in it",
                duration(found.all_reduce) if case.processes > 1 else "none",
                duration(found.epoch),
                size(found.reading) + "/s",
            ]
        )
    return markdown(head, rows)


def data_table() -> str:
    """How much 28 x 28 pixels are, as Markdown."""
    rows = [
        [f"{images:,}", size(images * PIXELS), size(images * PIXELS * BYTES_A_FLOAT)] for images in (60_000, BILLION)
    ]
    return markdown(["images", "as bytes", "as float32, as `fit` holds them"], rows)


def duration(seconds: float) -> str:
    """With two digits that count, in a unit that fits.

    >>> duration(0.0000123), duration(0.5), duration(100), duration(100_000), duration(10_000_000)
    ('12 us', '500 ms', '1.7 min', '28 h', '120 days')
    """
    for limit, unit, scale in (
        (1e-3, "us", 1e-6),
        (1, "ms", 1e-3),
        (60, "s", 1),
        (3600, "min", 60),
        (48 * 3600, "h", 3600),
    ):
        if seconds < limit:
            return f"{two_digits(seconds / scale)} {unit}"
    return f"{two_digits(seconds / 86400)} days"


def size(count: float) -> str:
    """Of bytes, in powers of a thousand.

    >>> size(784e9), size(47_040_000)
    ('780 GB', '47 MB')
    """
    for limit, unit, scale in ((1e6, "kB", 1e3), (1e9, "MB", 1e6), (1e12, "GB", 1e9)):
        if count < limit:
            return f"{two_digits(count / scale)} {unit}"
    return f"{two_digits(count / 1e12)} TB"


def two_digits(number: float) -> str:
    """Rounded to two digits that count, without an exponent.

    >>> two_digits(1.234), two_digits(0.0567), two_digits(12_345)
    ('1.2', '0.057', '12000')
    """
    rounded = float(f"{number:.1e}")
    return f"{rounded:.0f}" if rounded >= 10 else f"{rounded:.2g}"


def markdown(head: list[str], rows: list[list[str]]) -> str:
    """A table."""
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [head, ["---"] * len(head), *rows])
