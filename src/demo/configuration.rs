//! The configuration that the processes of the demonstration read. It is written as a user
//! would write it, remarks included: whoever looks into the folder shall learn from it.

use super::story::{SERVICES, SLOW_ABOVE_MS};
use std::net::SocketAddr;
use std::path::Path;

/// Who answers where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    /// The two instances.
    pub instances: [SocketAddr; 2],
    /// The balancer in front of them.
    pub balancer: SocketAddr,
    /// The services that are watched.
    pub(super) services: SocketAddr,
}

/// The text of the file.
pub(super) fn text(places: &Places, database: &Path) -> String {
    let Places { instances: [first, second], balancer, services } = places;
    let mut text = format!(
        "# Made by everup demo, and gone with it. Both instances and the balancer read this\n\
         # file; what you change is in force at once.\n\n\
         [server]\n\
         listen = \"{first}\"\n\n\
         [store]\n\
         url = \"sqlite://{}\"\n\n\
         [report]\n\
         time_zone = \"UTC\"\n\
         sla_percent = \"99.9\"\n\n\
         # So often that it is not dull; the default is once a minute.\n\
         [defaults]\n\
         interval = \"5s\"\n\
         retry_interval = \"2s\"\n\n\
         # Who is told of outages: everup demo itself, which prints what it is told.\n\
         [[alert]]\n\
         id = \"demo\"\n\
         webhook = \"http://{services}/told\"\n\n\
         [[group]]\n\
         name = \"Shop\"\n\
         rule = \"any\"\n\n",
        database.display()
    );
    for service in &SERVICES {
        text += &format!(
            "[[monitor]]\n\
             id = \"{id}\"\n\
             name = \"{}\"\n\
             url = \"http://{services}/{id}\"\n\
             degraded_above = \"{SLOW_ABOVE_MS}ms\"\n",
            service.name,
            id = service.id,
        );
        text += match service.id {
            "checkout" => "group = \"shop\"\nsla_percent = \"99.95\"\n",
            "handbook" => "sla_percent = \"99.5\"\n",
            _ => "group = \"shop\"\n",
        };
        text += "[monitor.http]\nexpect_body_contains = \"ok\"\n\n";
    }
    text += &format!(
        "# In front of the two instances, in a process of its own: everup balance.\n\
         [[balancer]]\n\
         name = \"everup\"\n\
         listen = \"{balancer}\"\n\
         backends = [\"http://{first}\", \"http://{second}\"]\n\
         apart = true\n"
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{self, Environment};

    #[test]
    fn it_is_one_without_a_mistake_and_without_a_warning() {
        let at = |port| SocketAddr::from(([127, 0, 0, 1], port));
        let places = Places {
            instances: [at(8000), at(8001)],
            balancer: at(8080),
            services: at(41_237),
        };
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config.toml");
        std::fs::write(&file, text(&places, &folder.path().join("everup.db"))).unwrap();
        let config = config::load(&file, &Environment::new([], "")).unwrap();
        assert_eq!(config.monitors.len(), SERVICES.len() + 2);
        assert_eq!(config.store.path, folder.path().join("everup.db"));
        assert!(config.balancers[0].apart && config.alerts.len() == 1);
        let warnings = config.warnings(crate::domain::timestamp::Timestamp(0));
        assert!(warnings.is_empty(), "{warnings:?}");
    }
}
