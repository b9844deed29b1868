"""Callbacks of a plug-in, waiting for somebody who needs them."""


class Plugin:
    """Override what you want to hear about."""

    def on_load(self, host):
        pass

    def on_unload(self, host):
        pass

    def on_document_open(self, document):
        pass

    def on_document_close(self, document):
        pass

    def on_document_save(self, document, path):
        pass

    def on_selection_change(self, document, selection):
        pass

    def on_key(self, key, modifiers):
        pass

    def on_menu(self, item):
        pass

    def on_idle(self):
        pass
