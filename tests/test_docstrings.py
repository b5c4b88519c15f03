"""The examples in docstrings run and give what they say; each public function of the rooms students open has one."""

import doctest
import importlib
import inspect
import pkgutil

import pytest
import torch

import vae_helpers

WITH_EXAMPLES = ("losses", "encoding", "latent_space", "gradient_estimators", "probes", "fidelity",
                 "quadrants", "sketches", "colouring", "text", "sprites", "data.names",
                 "overfitting", "disentanglement", "total_correlation", "objectives", "sweep",
                 "rotations", "handwriting", "few_labels", "found_factors", "adversarial", "mmd",
                 "sampled_priors", "aggregate", "marginal", "parzen", "label_modes", "code_flow",
                 "cures", "models.padded_name_vae", "pen", "scribbles", "use_of_z", "models.vae",
                 "models.autoencoder", "models.adversarial_autoencoder", "models.classifier",
                 "models.conditional_vae", "models.completion", "models.sequences",
                 "models.name_vae", "models.regression_net", "models.conditions", "models.priors",
                 "models.recurrent_vae", "models.stroke_vae", "models.vrnn", "models.precisions",
                 "data.pen_digits", "data.tables", "free_running", "hierarchy", "layer_knowledge",
                 "layer_latents", "layer_losses", "linear_hierarchy", "models.hierarchical_vae",
                 "models.latent_layers", "variance_shares", "importance", "models.gaussians",
                 "sample_scores", "rate", "holes", "annealed", "hamiltonian", "linear_gaussian",
                 "estimates", "training_images", "by_image", "report", "reports", "clinic.board",
                 "clinic.chart", "clinic.diagnose", "clinic.formula", "clinic.known_values",
                 "clinic.observations", "clinic.practice", "clinic.steps", "clinic.treatment",
                 "clinic.watching", "clinic.cabinet", "clinic.other_tables", "clinic.sick_vae",
                 "clinic.case_notes", "clinic.pictures", "clinic.signs", "batches", "shares")  # fmt: skip


def public(module) -> dict[str, object]:
    """The functions and classes that the module itself defines."""
    return {
        name: value
        for name, value in vars(module).items()
        if (inspect.isfunction(value) or inspect.isclass(value))
        and value.__module__ == module.__name__
        and name[0] != "_"
    }


def modules() -> list[str]:
    names = [info.name for info in pkgutil.walk_packages(vae_helpers.__path__, "vae_helpers.")]
    return [name for name in names if not name.endswith("__main__")]


def examples(module) -> dict[str, doctest.DocTest]:
    """By name; ``module=False``, or doctest takes a decorated function for another module's."""
    finder = doctest.DocTestFinder(recurse=False)
    found = {}
    for name, value in public(module).items():
        scope = {**vars(module), "torch": torch}
        found |= {test.name: test for test in finder.find(value, name, module=False, globs=scope) if test.examples}
    return found


@pytest.mark.parametrize("name", modules())
def test_examples(name):
    module = importlib.import_module(name)
    for example, test in examples(module).items():
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            told = []
            doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(test, out=told.append)
        assert not told, f"{name}.{example}: {''.join(told)}"


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_each_public_function_has_an_example(name):
    module = importlib.import_module(f"vae_helpers.{name}")
    assert set(public(module)) == set(examples(module))


def test_an_example_that_is_wrong_fails():
    """Else the tests above say nothing."""
    test = doctest.DocTestParser().get_doctest(">>> 1 + 1\n3\n", {}, "wrong", None, None)
    assert doctest.DocTestRunner(verbose=False).run(test, out=lambda text: None).failed == 1
