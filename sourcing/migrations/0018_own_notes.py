from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sourcing", "0017_imports_checked_and_undone")]

    operations = [
        migrations.AddIndex(
            model_name="note",
            index=models.Index(
                condition=models.Q(("visibility", "me")), fields=["author"], name="sourcing_note_own"
            ),
        ),
    ]
