metadata description = 'A private endpoint with its name in the network.'

@description('Name of the endpoint.')
param name string

@description('Azure region.')
param location string

@description('Tags.')
param tags object

@description('Name of the network, in this resource group.')
param networkName string

@description('Resource id of what is reached through the endpoint.')
param targetId string

@description('Which service of it: blob, queue, table, vault or sites.')
param service string

@description('Name of the private DNS zone.')
param zoneName string

resource network 'Microsoft.Network/virtualNetworks@2024-07-01' existing = {
  name: networkName
}

resource zone 'Microsoft.Network/privateDnsZones@2024-06-01' = {
  name: zoneName
  location: 'global'
  tags: tags
}

resource link 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = {
  parent: zone
  name: networkName
  location: 'global'
  tags: tags
  properties: {
    registrationEnabled: false
    virtualNetwork: {
      id: network.id
    }
  }
}

resource endpoint 'Microsoft.Network/privateEndpoints@2024-07-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    subnet: {
      id: resourceId('Microsoft.Network/virtualNetworks/subnets', networkName, 'endpoints')
    }
    privateLinkServiceConnections: [
      {
        name: service
        properties: {
          privateLinkServiceId: targetId
          groupIds: [
            service
          ]
        }
      }
    ]
  }
}

resource zoneGroup 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2024-07-01' = {
  parent: endpoint
  name: 'default'
  properties: {
    privateDnsZoneConfigs: [
      {
        name: service
        properties: {
          privateDnsZoneId: zone.id
        }
      }
    ]
  }
}
