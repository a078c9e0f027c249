"""Random passwords."""

import string

import pytest

from harness import told

PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
CLASSES = [string.ascii_lowercase, string.ascii_uppercase, string.digits, PUNCTUATION]


def password(aws, **asked):
    return aws.get_random_password(**asked)["RandomPassword"]


def test_a_password_has_32_characters_of_all_four_kinds(aws):
    made = password(aws)
    assert len(made) == 32
    assert all(set(made) & set(kind) for kind in CLASSES)
    assert set(made) <= set("".join(CLASSES))
    assert made != password(aws)


@pytest.mark.parametrize(
    ("member", "kind"),
    zip(["ExcludeLowercase", "ExcludeUppercase", "ExcludeNumbers", "ExcludePunctuation"], CLASSES),
)
def test_kinds_are_left_out(aws, member, kind):
    assert not set(password(aws, **{member: True})) & set(kind)


def test_characters_are_left_out_and_lengths_are_kept(aws):
    assert len(password(aws, PasswordLength=4_096)) == 4_096
    assert len(password(aws, PasswordLength=4)) == 4
    assert not set(password(aws, PasswordLength=500, ExcludeCharacters="abcABC123!")) & set("abcABC123!")
    only = {"ExcludeUppercase": True, "ExcludeNumbers": True, "ExcludePunctuation": True}
    alone = password(aws, PasswordLength=1, **only)
    assert len(alone) == 1 and alone.islower()


def test_what_cannot_be_made_is_refused(aws):
    text = told(aws.get_random_password, "InvalidParameterException", PasswordLength=3)
    assert text == "Password length is too short based on the required types."
    everything = {
        f"Exclude{kind}": True for kind in ("Lowercase", "Uppercase", "Numbers", "Punctuation")
    }
    told(aws.get_random_password, "InvalidParameterException", **everything)
