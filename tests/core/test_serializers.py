"""The bases of request and answer shapes."""

from rest_framework import serializers

from dastern.core.api.serializers import StrictSerializer


class Sample(StrictSerializer):
    """One field of two words with a check of its own."""

    dose_amount = serializers.IntegerField()

    def validate_dose_amount(self, value: int) -> int:
        """Doubles, and refuses none."""
        if value == 0:
            raise serializers.ValidationError("none")
        return value * 2


def test_a_check_of_a_field_of_two_words_is_called() -> None:
    good, bad = Sample(data={"doseAmount": 2}), Sample(data={"doseAmount": 0})
    assert good.is_valid()
    assert good.validated_data == {"dose_amount": 4}
    assert not bad.is_valid()
    assert set(bad.errors) == {"doseAmount"}
