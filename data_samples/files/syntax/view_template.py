"""{{ project_title }}: the list view. This is a template for Python, not yet Python."""

from flask import Blueprint, render_template, request

from .models import {{ model_name }}

pages = Blueprint("{{ model_name|lower }}", __name__)

{% if paginate %}
PER_PAGE = {{ per_page|default(20) }}
{% endif %}


@pages.route("/{{ model_name|lower }}s")
def index():
    query = {{ model_name }}.query.order_by({{ model_name }}.{{ sort_key }})
    {% if paginate %}
    page = request.args.get("page", 1, type=int)
    items = query.paginate(page=page, per_page=PER_PAGE)
    {% else %}
    items = query.all()
    {% endif %}
    return render_template("{{ model_name|lower }}/index.html", items=items)
