"""The medicines of the demonstration, as a client would send them."""

from typing import Any


def slot(amount: str = "1") -> dict[str, Any]:
    """One dosage, after the meal."""
    return {"amount": amount, "beforeMeal": False}


def tablet(name: str, khmer: str, strength: str, **fields: Any) -> dict[str, Any]:
    """A tablet by mouth, every day."""
    return {
        "medicineName": name, "medicineNameKhmer": khmer, "medicineType": "PO", "form": "TABLET", "unit": "TABLET",
        "strength": strength, "dosageAmount": "1", "frequencyType": "DAILY",
    } | fields  # fmt: skip


AMLODIPINE = tablet("Amlodipine", "អាំឡូឌីពីន", "5 mg", morningDosage=slot())
METFORMIN = tablet("Metformin", "មេតហ្វមីន", "500 mg", morningDosage=slot(), nightDosage=slot())
METFORMIN_STRONGER = tablet("Metformin", "មេតហ្វមីន", "850 mg", morningDosage=slot(), nightDosage=slot())
ATORVASTATIN = tablet("Atorvastatin", "អាតូវ៉ាស្តាទីន", "20 mg", nightDosage=slot())
LOSARTAN = tablet("Losartan", "ឡូសាតាន", "50 mg", morningDosage=slot("0.5"))
PARACETAMOL = tablet(
    "Paracetamol", "ប៉ារ៉ាសេតាមុល", "500 mg", frequencyType="PRN", isPRN=True, prnMaxPerDay="6", prnMinIntervalHours="4"
)
VITAMIN_C = tablet("Vitamin C", "វីតាមីនសេ", "500 mg", morningDosage=slot())
