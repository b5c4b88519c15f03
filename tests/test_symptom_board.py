"""The symptom board: its texts, its pictures, and what the widget and the sheet show of them."""

import json
import math
import re

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
import traitlets
from javascript import run_in_node
from PIL import Image

from vae_helpers import plots
from vae_helpers.clinic import MENU, PATIENTS, PracticeVAE, find
from vae_helpers.clinic.board import HEALTHY, RECIPE, load_board
from vae_helpers.clinic.case_notes import SYMPTOMS, TESTS, load_case_notes, written
from vae_helpers.clinic.pictures import EACH, LEVELS, load_pictures, picture
from vae_helpers.pretrain import clinic_pictures as made
from vae_helpers.widgets import SymptomBoard
from vae_helpers.widgets import symptom_board as board

NOTES = load_case_notes()
ROWS = {row["name"]: row for row in load_board(seed=0)}


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


# --- texts ---


def test_every_quick_test_is_on_the_board_with_numbers_that_the_table_has():
    assert set(TESTS) == set(MENU) - {"gradients", "epoch_without_kl"}
    keys = {key for exam in TESTS.values() for key in exam.numbers} - {"target_white"}
    assert keys | set(SYMPTOMS) <= ROWS[HEALTHY].keys()


@pytest.mark.parametrize("name", PATIENTS)
def test_some_test_on_which_the_diagnosis_rests_has_another_number_than_the_healthy_model(name):
    """Else no one could tell by the board."""
    tests = PATIENTS[name].tests
    assert tests and set(tests) <= set(TESTS)
    assert any(NOTES[name].numbers[test] != NOTES[HEALTHY].numbers[test] for test in tests)


def test_no_two_patients_look_alike_in_all_tests():
    seen = [json.dumps(note.numbers) for note in NOTES.values()]
    assert len(set(seen)) == len(seen) == 1 + len(PATIENTS)


def test_phrases_are_short_and_each_is_one_patients():
    phrases = [one.phrase for one in PATIENTS.values()]
    assert len(set(phrases)) == len(phrases) and all(3 < len(phrase) <= 22 for phrase in phrases)


def test_no_symptom_says_the_phrase():
    for one in PATIENTS.values():
        assert one.phrase.lower() not in one.symptom.lower()


def test_notes_say_what_the_table_says():
    ada = NOTES["Ada"]
    assert ada.losses == ROWS["Ada"]["losses"] and ada.symptoms[0] == "0.27"
    assert ada.numbers["reconstruction"] == ["0.0013", "0", "1", "0", "1", "yes"]
    assert NOTES["Quentin"].numbers["reconstruction"][1:3] == ["−0.42", "2.82"]  # black and white, normalised
    assert NOTES["Yara"].numbers["step"] == ["1", "–", "no"]
    assert (NOTES[HEALTHY].phrase, NOTES[HEALTHY].finding) == ("", "")


def test_a_table_without_a_patient_is_refused(monkeypatch):
    rows = [row for row in load_board(seed=0) if row["name"] != "Leo"]
    monkeypatch.setattr("vae_helpers.clinic.case_notes.load_board", lambda seed: rows)
    with pytest.raises(ValueError, match="^clinic.json: Leo not there; `python -m"):
        load_case_notes()


@pytest.mark.parametrize(
    ("value", "text"),
    [(1000.4, "1,000"), (100.0, "100"), (10.04, "10"), (9.999, "10"), (-0.425, "−0.42"),
     (0.09, "0.09"), (4e-5, "0"), (-4e-5, "0"), (6e-5, "0.0001"), (0.0, "0"), (10, "10"), (2400, "2,400")],
)  # fmt: skip
def test_numbers_as_written(value, text):
    assert written(value) == text


# --- pictures ---


def test_a_picture_is_of_samples_and_of_copies():
    model, images = PracticeVAE(latent_dim=2, hidden=8), torch.rand(20, 1, 28, 28)
    seen = picture(model, images, seed=3)
    z = torch.randn(EACH, 2, generator=torch.Generator().manual_seed(3))
    with torch.no_grad():
        assert torch.allclose(seen[:EACH], torch.sigmoid(model.decoder(z)), atol=1e-6)
        assert torch.allclose(seen[EACH:], torch.sigmoid(model.decoder(model.encoder(images)[0][:EACH])), atol=1e-6)
    assert model.training
    assert not torch.equal(picture(model, images, seed=4)[0], seen[0])


def test_the_encoder_gets_what_the_patient_gives_it():
    model, images = find("Quentin").model(), torch.rand(8, 1, 28, 28)
    with torch.no_grad():
        wanted = model.decoder(model.encoder((images - 0.1307) / 0.3081)[0])
    assert torch.allclose(picture(model, images)[EACH:], torch.sigmoid(wanted), atol=1e-6)


def test_pictures_of_a_model_that_draws_are_drawn_from_the_seed():
    model, images = find("Sven").model(), torch.rand(8, 1, 28, 28)
    assert torch.equal(picture(model, images), picture(model, images))


@pytest.mark.parametrize(("count", "added", "message"), [(7, 0, "at least 8, got 7"), (8, 1, r"\[0, 1\]")])
def test_unusable_images(count, added, message):
    with pytest.raises(ValueError, match=f"^images: .*{message}"):
        picture(PracticeVAE(), torch.rand(count, 1, 28, 28) + added)


def test_the_shipped_pictures_are_the_patients():
    pictures = dict(zip(NOTES, load_pictures(), strict=True))
    unlike = {name: (pictures[name] - pictures[HEALTHY]).abs().mean().item() for name in PATIENTS}
    assert unlike["Ugo"] == unlike["Piet"] == 0  # trained alike: only the loss of a sure decoder, or of a test, differs
    assert min(unlike[name] for name in ("Ada", "Bela", "Cleo", "Dora", "Leo", "Nils")) > 0.05
    assert pictures["Jan"].min() > 0.4  # a grey ground
    assert pictures["Ada"].std(dim=0).max() < 0.1  # one and the same smear


def test_pictures_are_written_and_read(tmp_path):
    path, pictures = tmp_path / "tables" / "clinic.png", torch.rand(3, 16, 1, 28, 28)
    made.write_pictures(pictures, path)
    assert torch.allclose(load_pictures(path), pictures, atol=0.5 / LEVELS + 1e-6)
    assert [one.name for one in path.parent.iterdir()] == ["clinic.png"]


def test_files_that_are_no_pictures(tmp_path):
    with pytest.raises(FileNotFoundError, match="`python -m vae_helpers.pretrain clinic_pictures` makes it"):
        load_pictures(tmp_path / "clinic.png")
    for size in ((448, 30), (28, 28)):
        Image.fromarray(np.zeros(size[::-1], dtype=np.uint8)).save(tmp_path / "clinic.png")
        with pytest.raises(ValueError, match="want a grey picture of 16 images in each row"):
            load_pictures(tmp_path / "clinic.png")


def test_the_command_draws_all(monkeypatch, tmp_path):
    names = []
    monkeypatch.setattr(made, "trained_picture", lambda name: names.append(name) or torch.zeros(16, 1, 28, 28))
    monkeypatch.setattr(made, "write_pictures", lambda pictures: names.append(len(pictures)))
    made.picture_clinic()
    assert names == [*NOTES, len(NOTES)]


@pytest.mark.slow
def test_a_trained_picture():
    first, second = (made.trained_picture("Finn", images=300) for _ in range(2))
    assert torch.equal(first, second)
    assert not torch.allclose(first, made.trained_picture(HEALTHY, images=300), atol=0.01)


# --- the widget ---


def test_starts_as_asked_and_says_so():
    assert repr(SymptomBoard()) == f"SymptomBoard(patient='{next(iter(PATIENTS))}')"
    widget = SymptomBoard("Leo", presenter=True)
    assert widget.patient == "Leo" and widget._dom_classes == ("vae-stage", "vae-presenter")
    assert (widget.ordered, widget.guessed, widget.named) == ({}, {}, {})


@pytest.mark.parametrize("name", ["Zoe", "healthy", "", None, 3])
def test_no_such_patient(name):
    with pytest.raises(traitlets.TraitError, match="^patient: want one of Ada, "):
        SymptomBoard(name)
    widget = SymptomBoard()
    with pytest.raises(traitlets.TraitError, match="^patient: want one of Ada, "):
        widget.patient = name


def test_what_it_sends():
    widget = SymptomBoard()
    assert [one["name"] for one in widget.patients] == [*PATIENTS]
    assert widget.steps == 236 == RECIPE["epochs"] * math.ceil(RECIPE["images"] / RECIPE["batch_size"])
    pixels = np.frombuffer(widget.pictures, dtype=np.uint8).reshape(-1, 28, 28)
    assert np.array_equal(pixels, (255 * load_pictures()).round().numpy().astype(np.uint8).reshape(-1, 28, 28))
    for note in (widget.healthy, *widget.patients):
        assert len(note["symptoms"]) == len(widget.symptoms)
        assert {key: len(numbers) for key, numbers in note["numbers"].items()} == {
            key: len(test["words"]) for key, test in widget.tests.items()
        }


def test_the_suspects_order_tells_nothing():
    phrases = board.suspects()
    assert sorted(phrases) == sorted(one.phrase for one in PATIENTS.values())
    ranks = [phrases.index(one.phrase) for one in PATIENTS.values()]
    assert abs(np.corrcoef(ranks, range(len(ranks)))[0, 1]) < 0.3


def test_pictures_of_other_patients_are_refused(monkeypatch):
    monkeypatch.setattr(board, "load_pictures", lambda: torch.zeros(3, 16, 1, 28, 28))
    with pytest.raises(ValueError, match="^clinic.png: want a row for each of 26 models, got 3"):
        SymptomBoard()


def test_what_the_board_answers_to_each_right_and_wrong_guess():
    widget = SymptomBoard()
    data = json.dumps({"patients": widget.patients, "tests": widget.tests})
    program = f"""const {{ patients, tests }} = {data};
    return patients.map((one) => patients.map(({{ phrase }}) => w.answerTo(
        one, [phrase], phrase === one.phrase && {{ tests: 0, wrong: 0 }}, tests, [], patients)));"""
    for one, answers in zip(PATIENTS.values(), run_in_node(program, "symptom_board.js"), strict=True):
        for other, answer in zip(PATIENTS.values(), answers, strict=True):
            if other is one:
                assert answer == f"Yes: {one.phrase}, named after 0 tests and 0 wrong guesses. {one.finding}"
                assert len(answer) < 230  # two lines on a projector
            else:
                told = re.findall(r"“([^”]*)” \(not ordered\)", answer)
                assert answer.startswith(f"No, not “{other.phrase}”.")
                assert told == [TESTS[test].name for test in other.tests]


def test_the_kernel_sends_nothing_back(monkeypatch):
    widget, sent = SymptomBoard(), []
    monkeypatch.setattr(widget, "send_state", lambda key=None: sent.append(key))
    widget.set_state({"patient": "Leo", "ordered": {"Leo": ["kl"]}})
    assert widget.patient == "Leo" and widget.ordered == {"Leo": ["kl"]} and not any(sent)


# --- the sheet ---


def test_the_sheet_shows_the_healthy_model_above_those_asked_for():
    fig = plots.symptom_board(["Leo", "Ada"])
    curves, strips, tables = (fig.axes[k::3] for k in range(3))
    assert [axis.get_title(loc="left").split()[0] for axis in curves] == [HEALTHY, "Leo", "Ada"]
    pictures = dict(zip(NOTES, load_pictures(), strict=True))
    for name, curve, strip, table in zip((HEALTHY, "Leo", "Ada"), curves, strips, tables, strict=True):
        drawn = [line.get_ydata() for line in curve.lines]
        wanted = [NOTES[HEALTHY].losses] if name == HEALTHY else [NOTES[name].losses, NOTES[HEALTHY].losses]
        assert all(np.array_equal(a, b) for a, b in zip(drawn, wanted, strict=True))
        assert curve.lines[-1].get_linestyle() == "--"
        assert curve.lines[0].get_xdata()[-1] == pytest.approx(236 * 23.5 / 24)
        shown = np.asarray(strip.images[0].get_array())
        assert shown.shape == (56, 224)
        assert np.allclose(shown[28:, 28:56], 1 - pictures[name][EACH + 1, 0].numpy())
        assert [text.get_text() for text in table.texts][1::2] == NOTES[name].symptoms


@pytest.mark.parametrize(
    ("names", "message"),
    [(["Zoe"], "name: want one of"), ([], "names: want 1 to 6"), (["Ada"] * 7, "names: want 1 to 6")],
)
def test_no_such_sheet(names, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        plots.symptom_board(names)
