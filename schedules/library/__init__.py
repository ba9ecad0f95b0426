"""Built-in schedules: `NAME.yaml` says when and how, `NAME.LANGUAGE.yaml` what, under the same keys."""
