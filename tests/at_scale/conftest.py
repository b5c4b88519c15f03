"""What tests of several processes need."""

import importlib.util
import os

import pytest


@pytest.fixture(scope="session")
def lightning():
    """Lightning Fabric: without it a test is left out, or fails where nothing may be left out."""
    if importlib.util.find_spec("lightning_fabric") is None:
        why = "lightning-fabric is not installed: pip install -e '.[scale]'"
        pytest.fail(why) if os.environ.get("VAE_REQUIRE_CLASS") else pytest.skip(why)
