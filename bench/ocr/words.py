"""What is written on the pages. Each pool is cut in two: development pages and untouched pages share no place or person."""

import csv
from dataclasses import dataclass
from pathlib import Path

CATALOGUE = Path(__file__).resolve().parents[2] / "apps" / "medications" / "data" / "catalogue.csv"

FACILITIES = {
    "dev": [
        ("មន្ទីរពេទ្យបង្អែកខេត្តកំពត", "Kampot Provincial Referral Hospital"),
        ("មន្ទីរពេទ្យបង្អែកអង្គរជុំ", "Angkor Chum Referral Hospital"),
        ("មណ្ឌលសុខភាពព្រែកអញ្ចាញ", "Prek Anhchanh Health Center"),
        ("មន្ទីរពេទ្យបង្អែកស្រុកស្ទោង", "Stoung Referral Hospital"),
        ("មណ្ឌលសុខភាពកំពង់លួង", "Kampong Luong Health Center"),
        ("មន្ទីរពេទ្យមិត្តភាពកម្ពុជា ចិន", "Cambodia China Friendship Hospital"),
        ("មន្ទីរពេទ្យបង្អែកខេត្តតាកែវ", "Takeo Provincial Hospital"),
        ("មណ្ឌលសុខភាពស្វាយអន្ទរ", "Svay Antor Health Center"),
    ],
    "held": [
        ("មន្ទីរពេទ្យបង្អែកពញាឮ", "Ponhea Leu Referral Hospital"),
        ("មណ្ឌលសុខភាពដំណាក់អំពិល", "Damnak Ampil Health Center"),
        ("មន្ទីរពេទ្យបង្អែកខេត្តក្រចេះ", "Kratie Provincial Referral Hospital"),
        ("មណ្ឌលសុខភាពរលាប្អៀរ", "Rolea Bier Health Center"),
        ("មន្ទីរពេទ្យបង្អែកស្រុកបារាយណ៍", "Baray Referral Hospital"),
        ("មន្ទីរពេទ្យបង្អែកមេមត់", "Memot Referral Hospital"),
    ],
}
CLINICS = {
    "dev": [
        ("គ្លីនិក សុខសាន្ត", "SOK SAN CLINIC"),
        ("មន្ទីរសម្រាកព្យាបាល រំដួល", "RUMDUOL MEDICAL CLINIC"),
        ("គ្លីនិក ផ្កាយព្រឹក", "PHKAY PROEK CLINIC"),
        ("មន្ទីរពហុព្យាបាល មេគង្គ", "MEKONG POLYCLINIC"),
        ("គ្លីនិកកុមារ ទេពធីតា", "TEP THIDA CHILDREN CLINIC"),
    ],
    "held": [
        ("គ្លីនិក ម្លប់ដូង", "MLUP DOUNG CLINIC"),
        ("មន្ទីរសម្រាកព្យាបាល ចំប៉ាស", "CHAMPA SOR CLINIC"),
        ("មន្ទីរពហុព្យាបាល អង្គរ", "ANGKOR POLYCLINIC"),
        ("គ្លីនិក សែនសុខ", "SEN SOK CLINIC"),
    ],
}
CABINETS = {
    "dev": ["CABINET MÉDICAL DU LAC", "MEDICAL CABINET BLUE LOTUS", "CABINET MÉDICAL PALMIER", "FAMILY DOCTOR BASSAC"],
    "held": ["CABINET MÉDICAL JASMIN", "MEDICAL CABINET SUNRISE", "CABINET MÉDICAL RIVIÈRE", "FAMILY CLINIC PREK LEAP"],
}
SURNAMES = {
    "dev": [
        ("ជា", "CHEA"),
        ("លី", "LY"),
        ("ហ៊ុន", "HUN"),
        ("ប៉ែន", "PEN"),
        ("អ៊ុំ", "UM"),
        ("ទេព", "TEP"),
        ("ឡុង", "LONG"),
        ("សាន", "SAN"),
        ("ឈឹម", "CHHIM"),
        ("នូ", "NOU"),
        ("ប្រាក់", "PRAK"),
        ("ខៀវ", "KHIEV"),
        ("សេង", "SENG"),
        ("មាស", "MEAS"),
    ],
    "held": [
        ("ម៉ម", "MAM"),
        ("យិន", "YIN"),
        ("ឌិន", "DIN"),
        ("តាន់", "TAN"),
        ("រ័ត្ន", "ROTH"),
        ("ឃុត", "KHUT"),
        ("អៀង", "IENG"),
        ("ចេង", "CHENG"),
        ("ផល", "PHAL"),
        ("គង់", "KONG"),
    ],
}
GIVEN = {
    "dev": [
        ("សុភា", "Sophea"),
        ("វណ្ណា", "Vanna"),
        ("ស្រីពៅ", "Sreypov"),
        ("ពិសី", "Pisey"),
        ("សំណាង", "Samnang"),
        ("ធារី", "Theary"),
        ("វិសាល", "Visal"),
        ("កញ្ញា", "Kanha"),
        ("រដ្ឋា", "Ratha"),
        ("ម៉ារីណា", "Marina"),
        ("សុខុម", "Sokhom"),
        ("ច័ន្ទថា", "Chantha"),
        ("ដាវី", "Davy"),
        ("បូរី", "Borey"),
    ],
    "held": [
        ("មុនី", "Mony"),
        ("សុជាតា", "Socheata"),
        ("រតនៈ", "Rattanak"),
        ("លក្ខិណា", "Leakhena"),
        ("វាសនា", "Veasna"),
        ("ស្រីល័ក្ខ", "Sreyleak"),
        ("ភារម្យ", "Phearom"),
        ("ហេង", "Heng"),
        ("គន្ធា", "Kunthea"),
        ("បញ្ញា", "Panha"),
    ],
}
DIAGNOSES = {
    "dev": [
        "Hypertension",
        "Gastritis",
        "Type 2 diabetes",
        "Acute bronchitis",
        "Typhoid fever",
        "Dengue fever",
        "Urinary tract infection",
        "Asthma",
        "Low back pain",
        "Otitis media",
        "Anemia",
        "Tonsillitis",
        "Dermatitis",
        "Osteoarthritis",
        "Angine",
        "HTA",
        "Grippe",
    ],
    "held": [
        "Pharyngitis",
        "Peptic ulcer",
        "Pneumonia",
        "Allergic rhinitis",
        "Cellulitis",
        "Malaria",
        "Dyslipidemia",
        "Gout",
        "Sinusitis",
        "Anxiety disorder",
        "Cystite",
        "Epilepsy",
    ],
}
DIAGNOSES_KM = {
    "dev": ["លើសឈាម", "ទឹកនោមផ្អែម", "រលាកក្រពះ", "គ្រុនផ្ដាសាយ", "រលាកទងសួត", "រាគរូស"],
    "held": ["ហឺត", "គ្រុនឈាម", "រលាកសួត", "ឈឺចង្កេះ", "រលាកត្រចៀក"],
}
PROVINCES = ["ខេត្តកំពត", "ខេត្តសៀមរាប", "ខេត្តតាកែវ", "រាជធានីភ្នំពេញ", "ខេត្តកណ្ដាល", "ខេត្តព្រៃវែង", "ខេត្តក្រចេះ", "ខេត្តបាត់ដំបង"]
MONTHS_KM = ["មករា", "កុម្ភៈ", "មីនា", "មេសា", "ឧសភា", "មិថុនា", "កក្កដា", "សីហា", "កញ្ញា", "តុលា", "វិច្ឆិកា", "ធ្នូ"]
MONTHS_EN = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
FRENCH = {
    "Paracetamol": "Paracétamol", "Amoxicillin": "Amoxicilline", "Omeprazole": "Oméprazole", "Ibuprofen": "Ibuprofène",
    "Metronidazole": "Métronidazole", "Ciprofloxacin": "Ciprofloxacine", "Diclofenac": "Diclofénac", "Metformin": "Metformine",
    "Loratadine": "Loratadine", "Prednisone": "Prednisone", "Ceftriaxone": "Céftriaxone", "Azithromycin": "Azithromycine",
    "Erythromycin": "Érythromycine", "Furosemide": "Furosémide", "Cetirizine": "Cétirizine",
}  # fmt: skip
# Names that no list holds: a reader must leave them as they are printed, not turn them into a medicine it knows.
UNKNOWN = {
    "dev": ["Zelmotrix", "Khmerovita", "Nabrolex", "Ferovimax", "Gastrolyn"],
    "held": ["Borvantil", "Solimagen", "Pectoravan", "Dolviten"],
}
LOOK_ALIKES = [
    ("Prednisone", "5mg", "Prednisolone", "5mg"), ("Omeprazole", "20mg", "Esomeprazole", "20mg"),
    ("Ofloxacin", "200mg", "Levofloxacin", "500mg"), ("Quinine", "300mg", "Quinidine", "200mg"),
    ("Hydroxyzine", "25mg", "Hydralazine", "25mg"), ("Amlodipine", "5mg", "Amiodarone", "200mg"),
    ("Chlorpromazine", "25mg", "Chlorpropamide", "250mg"), ("Cefixime", "200mg", "Cefuroxime", "250mg"),
    ("Losartan", "50mg", "Valsartan", "80mg"), ("Cetirizine", "10mg", "Levocetirizine", "5mg"),
    ("Loratadine", "10mg", "Desloratadine", "5mg"), ("Metformin", "500mg", "Metronidazole", "500mg"),
    ("Glipizide", "5mg", "Glibenclamide", "5mg"), ("Clonazepam", "2mg", "Clobazam", "10mg"),
    ("Carbamazepine", "200mg", "Carbimazole", "5mg"), ("Lamivudine", "150mg", "Lamotrigine", "25mg"),
    ("Citalopram", "20mg", "Escitalopram", "10mg"), ("Primaquine", "15mg", "Primidone", "250mg"),
    ("Dexamethasone", "0.5mg", "Betamethasone", "0.5mg"), ("Cefalexin", "500mg", "Cefaclor", "250mg"),
]  # fmt: skip

# form in the catalogue → (printed Khmer, printed Latin, unit code, dose word or None)
UNITS = {
    "TABLET": [("គ្រាប់", "tab", "tablet"), ("គ្រាប់ស្រោប", "tab", "coated_tablet"), ("គ្រាប់", "cp", "tablet")],
    "CAPSULE": [("គ្រាប់", "caps", "capsule"), ("កាប់ស៊ុល", "caps", "capsule")],
    "SYRUP": [("ដប", "bottle", "bottle")],
    "POWDER": [("កញ្ចប់", "sachet", "sachet")],
    "INJECTION": [("អំពូល", "amp", "ampoule"), ("ដប", "vial", "vial")],
    "CREAM": [("បំពង់", "tube", "tube")],
    "DROPS": [("ដប", "bottle", "bottle")],
    "INHALER": [("ប្រអប់", "box", "box")],
}


@dataclass(frozen=True)
class Drug:
    """A printable medicine: the name as it is written, one strength, one form."""

    name: str
    strength: str
    form: str


def drugs(split: str) -> list[Drug]:
    """Every (name, strength, form) that pages of ``split`` may hold: generic, brand and French names of the catalogue."""
    found: list[Drug] = []
    with CATALOGUE.open(newline="") as file:
        for row in csv.DictReader(file):
            forms = [form for form in row["forms"].split("|") if form in UNITS]
            strengths = [
                text.replace(" ", "")
                for text in row["strengths"].split("|")
                if text and "+" not in text and "unit" not in text
            ]
            if not forms or not strengths or "+" in row["name_en"]:
                continue
            names = [row["name_en"], *(name for name in row["brands"].split("|") if name)]
            names += [FRENCH[row["name_en"]]] if row["name_en"] in FRENCH else []
            found += [
                Drug(name, _plain(strength), _form(forms, strength))
                for name in names if len(name) <= 22 for strength in strengths
            ]  # fmt: skip
    found += [Drug(name, "250mg", "TABLET") for name in UNKNOWN[split] for _ in range(len(found) // 150)]
    return found


def _plain(strength: str) -> str:
    return strength.replace("mL", "ml")


def _form(forms: list[str], strength: str) -> str:
    """Liquids carry "per mL"; "%" belongs on skin and in drops."""
    if "/" in strength and "mL" in strength:
        return next((form for form in forms if form in ("SYRUP", "INJECTION", "DROPS")), forms[0])
    if "%" in strength:
        return next((form for form in forms if form in ("CREAM", "DROPS")), forms[0])
    return forms[0]
