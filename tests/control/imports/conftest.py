from tests.control.house import house, template

__all__ = ["house", "template"]
