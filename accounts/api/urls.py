from accounts.api import me
from accounts.api.frame import resource

app_name = "api"
urlpatterns = [
    resource("me/", me.show, me.change),
]
